/** `nats-bridge dlq`: requests that were given up, and what a person can do about them. */
import { readFileSync } from 'node:fs';
import {
  type Acted,
  type DeadLetter,
  letterName,
  planRetry,
  retryMany,
  shownActed,
  shownLetter,
  shownRetry,
  shownRetryPlan,
} from '@nats-bridge/connector';
import { isOperation, nearestNames, OPERATIONS, VERDICT_ADVICE, type Verdict } from '@nats-bridge/protocol';
import { Command, InvalidArgumentError, Option } from 'commander';
import {
  actorOf,
  actorUnlessDryRun,
  type By,
  byPerson,
  byPersonUnlessDryRun,
  type MayBeDryRun,
} from '../audited-command.js';
import { type CommandOptions, command } from '../command-options.js';
import {
  type Filters,
  filtered,
  filterOf,
  hasFilter,
  letterNamed,
  outcomeOf,
  withActions,
  withLetters,
} from '../dead-letter-options.js';
import { inUtc } from '../moment.js';
import { positive, wholeNumber } from '../number-option.js';
import { inOneRow, mark, paint, progress, table } from '../terminal.js';
import { approvalsCommand, approveCommand, refuseCommand } from './dlq-approvals.js';

const MOST_SHOWN = 50;
const MOST_NAMED = 5;

export function dlqCommand(): Command {
  return new Command('dlq')
    .summary('look at requests that were given up, and settle them')
    .description(
      'Dead letters are requests that no worker could answer. Where money may have moved, they wait as interventions, for a person. docs/dead-letters.md says what to do with which.',
    )
    .addCommand(list())
    .addCommand(show())
    .addCommand(retry())
    .addCommand(edit())
    .addCommand(resolve())
    .addCommand(discard())
    .addCommand(approvalsCommand())
    .addCommand(approveCommand())
    .addCommand(refuseCommand());
}

function list(): Command {
  return filtered(command('list', 'what was given up, newest first'))
    .option('--limit <n>', 'how many to show; --json shows all', wholeNumber, MOST_SHOWN)
    .action((options: CommandOptions & Filters & { limit: number }) =>
      withLetters(options, async (letters) => {
        const found = await letters.list(filterOf(options));
        if (options.json) return print(found.map(shownLetter));
        if (found.length === 0) return sayNone(options);
        console.log(
          table(
            ['letter', 'given up', 'merchant', 'payment', 'operation', 'verdict', 'reason'],
            found
              .slice(0, options.limit)
              .map((letter) => [
                letterName(letter),
                inUtc(letter.at),
                letter.merchantId,
                letter.paymentId,
                letter.operation,
                letter.verdict,
                inOneRow([letter.reason, letter.error].filter(Boolean).join(', ')),
              ]),
          ),
        );
        const more = found.length - options.limit;
        if (more > 0) console.log(paint('dim', `and ${more} more: --limit ${found.length}`));
      }),
    );
}

/** A letter may be of what is no operation, so that only who finds none hears that it is none. */
function sayNone({ operation }: Filters): void {
  print('No letters.');
  if (operation === undefined || isOperation(operation)) return;
  const near = nearestNames(
    operation,
    OPERATIONS.map((row) => row.operation),
  );
  progress(`${operation} is no operation${near}`);
}

function show(): Command {
  return command('show', 'everything about one letter but what it holds')
    .argument('<letter>', 'as list names it, for example i7')
    .action((name: string, options: CommandOptions) =>
      withLetters(options, async (letters) => {
        const letter = await letterNamed(letters, name);
        const verdict = await letters.verdict(letter);
        if (options.json)
          return print({ ...shownLetter(letter), verdict_now: verdict, request_bytes: letter.body.length });
        const { original } = letter;
        const consumer = original.consumer === '' ? '' : `, for ${original.consumer}`;
        const rows = [
          ['given up', letter.at.toISOString()],
          ['payment', `${letter.paymentId} of ${letter.merchantId}`],
          ['operation', letter.operation],
          ['key', letter.idempotencyKey],
          ['reason', letter.reason],
          ['error', letter.error ?? 'none recorded'],
          ['attempts', letter.attempts === 0 ? 'not known' : String(letter.attempts)],
          ['worker', letter.worker ?? 'not known'],
          ['sent again', `${letter.retry} times`],
          ['original', `${original.stream} ${original.seq}, ${original.subject}${consumer}`],
          ['request', `${letter.body.length} bytes, not shown`],
          ['verdict', `${verdict}: ${VERDICT_ADVICE[verdict]}`],
        ];
        console.log(table(['letter', letterName(letter)], rows));
      }),
    );
}

function retry(): Command {
  const retrying = filtered(
    byPersonUnlessDryRun(command('retry', 'send letters again, under their own idempotency keys')),
  )
    .description(
      'Sends letters again, under their own idempotency keys: those of which nothing was charged. Their callers were told that it failed, and the customer may have paid in another way since: before you send old letters in bulk, look whether the payments are still wanted.',
    )
    .argument('[letters...]', 'as list names them; without any, all that the filters choose')
    .option('--rate <n>', 'at most so many a second', positive, 10)
    .option('--dry-run', 'say what would happen, and how long it would take')
    .option(
      '--force-unknown',
      'one letter that may have been carried out, when the processor says that it was not',
    );
  return retrying.action(
    async (
      names: string[],
      options: CommandOptions & Filters & MayBeDryRun & { rate: number; forceUnknown?: boolean },
    ) => {
      if (options.forceUnknown && names.length !== 1)
        throw new InvalidArgumentError('--force-unknown is for one letter, named');
      if (names.length === 0 && !hasFilter(options))
        throw new InvalidArgumentError('name letters or give a filter, such as --since 1h');
      const actor = actorUnlessDryRun(options);
      const within = actor === undefined ? withLetters : withActions;
      await within(options, async (letters) => {
        if (options.forceUnknown && actor !== undefined) {
          const letter = await letterNamed(letters, names[0] as string);
          const acted = await letters.retry(letter, actor, { force: true });
          const text = [outcomeOf(acted, `${letterName(letter)} was sent again`), ...comingBack([letter])];
          return said(options, [acted], text.join('\n'));
        }
        const chosen =
          names.length > 0
            ? await Promise.all(names.map((name) => letterNamed(letters, name)))
            : await letters.list(filterOf(options));
        const perSecond = options.rate;
        const result =
          actor === undefined
            ? await planRetry(letters, chosen, { perSecond, force: options.forceUnknown ?? false })
            : await retryMany(letters, chosen, {
                perSecond,
                actor,
                onProgress: (done, of) => {
                  if (done % Math.max(1, Math.round(perSecond)) === 0 || done === of)
                    progress(`${done} of ${of}`);
                },
              });
        if (result.failed.length > 0) process.exitCode = 1;
        if (options.json) return print(options.dryRun ? shownRetryPlan(result) : shownRetry(result));
        const verb = options.dryRun ? 'would be sent again' : 'were sent again';
        const time = options.dryRun ? `, in about ${(result.ms / 1_000).toFixed(1)} s` : '';
        const sign = result.retried > 0 ? mark.ok() : mark.warning();
        console.log(`${sign} ${result.retried} of ${chosen.length} ${verb}${time}`);
        for (const [verdict, count] of Object.entries(result.skipped))
          console.log(`${mark.warning()} ${count} left: ${VERDICT_ADVICE[verdict as Verdict]}`);
        const notSent = new Set(result.failed.map(({ name }) => name));
        const sent = chosen.filter(
          (letter) =>
            (letter.verdict === 'never_sent' || options.forceUnknown) && !notSent.has(letterName(letter)),
        );
        for (const line of comingBack(sent)) console.log(line);
        for (const { why } of result.failed) console.log(`${mark.failed()} ${why}`);
      });
    },
  );
}

/** What no worker could read, none can read the next time. */
function comingBack(letters: readonly DeadLetter[]): string[] {
  const malformed = letters.filter(({ reason }) => /^malformed\b/.test(reason)).map(letterName);
  const named = malformed.slice(0, MOST_NAMED).join(', ');
  const more = malformed.length > MOST_NAMED ? ` and ${malformed.length - MOST_NAMED} more` : '';
  return malformed.length === 0
    ? []
    : [
        `${mark.warning()} malformed: ${named}${more} will come back, in doubt where money moves, unless the worker has changed; mend with nats-bridge dlq edit`,
      ];
}

function edit(): Command {
  return byPerson(command('edit', 'mend the request of one letter, and send it again'))
    .argument('<letter>', 'as list names it')
    .requiredOption(
      '--patch <file>',
      'JSON merge patch (RFC 7386) of router_data.request; - for standard input',
    )
    .action(async (name: string, options: CommandOptions & By & { patch: string }) => {
      const patch = readPatch(options.patch);
      await withActions(options, async (letters) => {
        const acted = await letters.retry(await letterNamed(letters, name), actorOf(options), { patch });
        said(options, [acted], outcomeOf(acted, `${name} was mended and sent again`));
      });
    });
}

function readPatch(path: string): unknown {
  const text = readFileSync(path === '-' ? 0 : path, 'utf8');
  try {
    return JSON.parse(text);
  } catch {
    // Node's own words show what stands there, which may be card data.
    throw new InvalidArgumentError(
      `--patch ${path} is no JSON: give a merge patch of router_data.request, such as {"capture_method": "MANUAL"}`,
    );
  }
}

function resolve(): Command {
  return byPerson(command('resolve', 'record the outcome that the processor told; the next sync gives it'))
    .argument('<letter>', 'as list names it')
    .addOption(
      new Option('--status <status>', 'what it was').choices(['success', 'failure']).makeOptionMandatory(),
    )
    .option('--transaction-id <id>', "the processor's id")
    .option('--code <code>', 'of a failure, as Hyperswitch shall show it')
    .option('--message <text>', 'of a failure')
    .action(
      async (
        name: string,
        options: CommandOptions &
          By & { status: 'success' | 'failure'; transactionId?: string; code?: string; message?: string },
      ) => {
        const { status, transactionId, code, message } = options;
        if (status === 'success' && transactionId === undefined)
          throw new InvalidArgumentError("--status success needs the processor's --transaction-id");
        await withActions(options, async (letters) => {
          const acted = await letters.resolve(await letterNamed(letters, name), actorOf(options), {
            status,
            transactionId,
            code,
            message,
          });
          said(options, [acted], outcomeOf(acted, `${name} is recorded as ${status}`));
        });
      },
    );
}

function discard(): Command {
  return byPerson(command('discard', 'take letters off the list, with a reason'))
    .argument('<letters...>', 'as list names them')
    .action((names: string[], options: CommandOptions & By) =>
      withActions(options, async (letters) => {
        const chosen = await Promise.all(names.map((name) => letterNamed(letters, name)));
        const all: Acted[] = [];
        const lines: string[] = [];
        try {
          for (const letter of chosen) {
            const acted = await letters.discard(letter, actorOf(options));
            all.push(acted);
            lines.push(outcomeOf(acted, `${letterName(letter)} discarded`));
          }
        } finally {
          // Also where the next one cannot be: these are gone.
          if (all.length > 0) said(options, all, lines.join('\n'));
        }
      }),
    );
}

function said({ json }: CommandOptions, all: readonly Acted[], text: string): void {
  print(json ? shownActed(all) : text);
}

function print(value: unknown): void {
  console.log(typeof value === 'string' ? value : JSON.stringify(value));
}
