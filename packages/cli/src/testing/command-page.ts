/** docs/cli.md: every command with its arguments and options, as `--help` shows them. */
import type { Argument, Command, Option } from 'commander';

const TOP = 2;

export function commandPage(program: Command): string {
  return [
    '# The command',
    'Every command and option, as `--help` shows them: written by `npm run docs` from the commands themselves, with which a test compares it. What they are for stands on the pages about it.',
    'Exit codes: 0 done, 1 it did not work, 2 it was asked for wrongly; `reconcile` has two more. Results go to standard output, everything else to standard error; times are UTC, and fields of `--json` in snake_case. `--config` and `--nats`, and what can be said in the environment instead: [configuration.md](configuration.md).',
    contents(program),
    ...program.commands.flatMap((command) => sectionsOf(command, program.name(), TOP)),
  ]
    .join('\n\n')
    .concat('\n');
}

function contents({ commands }: Command): string {
  const rows = commands.map((command) => {
    const name = command.name();
    return `| [${name}](#nats-bridge-${name}) | ${escaped(command.summary())} |`;
  });
  return ['| | |', '|---|---|', ...rows].join('\n');
}

function sectionsOf(command: Command, parent: string, level: number): string[] {
  const name = `${parent} ${command.name()}`;
  const rows = [
    ...command.registeredArguments.map(argumentRow),
    ...command.options.filter(({ hidden }) => !hidden).map(optionRow),
  ];
  return [
    `${'#'.repeat(level)} ${name}`,
    escaped(sentence(command.description() || command.summary())),
    ...(rows.length > 0 ? [['| | |', '|---|---|', ...rows].join('\n')] : []),
    ...command.commands.flatMap((child) => sectionsOf(child, name, level + 1)),
  ];
}

function argumentRow(argument: Argument): string {
  const { required, variadic, description, argChoices } = argument;
  const shown = `${argument.name()}${variadic ? '...' : ''}`;
  return row(required ? `<${shown}>` : `[${shown}]`, description, argChoices, '');
}

function optionRow({ flags, description, argChoices, mandatory, ...option }: Option): string {
  if (mandatory)
    return row(flags, description, argChoices, description.includes('required') ? '' : 'required');
  const byDefault = option.defaultValueDescription ?? defaultOf(option.defaultValue);
  return row(flags, description, argChoices, byDefault && `default ${byDefault}`);
}

/** A switch says by its name how it stands. */
function defaultOf(value: unknown): string {
  return value === undefined || typeof value === 'boolean' ? '' : `\`${value}\``;
}

function row(flags: string, description: string, choices: readonly string[] | undefined, more: string) {
  const one = choices && `one of ${choices.map((choice) => `\`${choice}\``).join(', ')}`;
  const meaning = [escaped(description), one, more].filter(Boolean).join('; ');
  return `| \`${flags.replaceAll('|', '\\|')}\` | ${meaning} |`;
}

function sentence(text: string): string {
  const [first = ''] = text;
  return `${first.toUpperCase()}${text.slice(1)}${text.endsWith('.') ? '' : '.'}`;
}

/** Pages that are named become links: this is one of them. */
function escaped(text: string): string {
  return text
    .replaceAll('|', '\\|')
    .replaceAll('<', '&lt;')
    .replaceAll(/\bdocs\/([\w-]+\.md)/g, '[$1]($1)');
}
