/** `nats-bridge dlq`: requests that were given up, and what a person can do about them. */
import { readFileSync } from 'node:fs';
import { type Acted, type LetterPlace, letterName, shownLetter } from '@nats-bridge/connector';
import { isOperation, nearestNames, OPERATIONS, VERDICT_ADVICE } from '@nats-bridge/protocol';
import { Command, InvalidArgumentError, Option } from 'commander';
import { letterAt, withActions, withLetters } from '../installation/with-letters.js';
import { actorOf, type By, byPerson } from '../options/audited-command.js';
import { type CommandOptions, command } from '../options/command-options.js';
import {
  type LetterOptions,
  letterFilterOf,
  letterPlace,
  letterPlaces,
  ofLetters,
} from '../options/letter-options.js';
import { inUtc } from '../options/moment.js';
import { wholeNumber } from '../options/number-option.js';
import { outcomeOf, said } from '../output/acted-letters.js';
import { inOneRow, paint, progress, table } from '../output/terminal.js';
import { approvalsCommand, approveCommand, refuseCommand } from './dlq-approvals.js';
import { retryCommand } from './dlq-retry.js';

const MOST_SHOWN = 50;

export function dlqCommand(): Command {
  return new Command('dlq')
    .summary('look at requests that were given up, and settle them')
    .description(
      'Dead letters are requests that no worker could answer. Where money may have moved, they wait as interventions, for a person. docs/dead-letters.md says what to do with which.',
    )
    .addCommand(list())
    .addCommand(show())
    .addCommand(retryCommand())
    .addCommand(edit())
    .addCommand(resolve())
    .addCommand(discard())
    .addCommand(approvalsCommand())
    .addCommand(approveCommand())
    .addCommand(refuseCommand());
}

function list(): Command {
  return ofLetters(command('list', 'what was given up, newest first'))
    .option('--limit <n>', 'how many to show; --json shows all', wholeNumber, MOST_SHOWN)
    .action((options: CommandOptions & LetterOptions & { limit: number }) =>
      withLetters(options, async (letters) => {
        const found = await letters.list(letterFilterOf(options));
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
function sayNone({ operation }: LetterOptions): void {
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
    .argument('<letter>', 'as list names it, for example i7', letterPlace)
    .action((place: LetterPlace, options: CommandOptions) =>
      withLetters(options, async (letters) => {
        const letter = await letterAt(letters, place);
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

function edit(): Command {
  return byPerson(command('edit', 'mend the request of one letter, and send it again'))
    .argument('<letter>', 'as list names it', letterPlace)
    .requiredOption(
      '--patch <file>',
      'JSON merge patch (RFC 7386) of router_data.request; - for standard input',
    )
    .action(async (place: LetterPlace, options: CommandOptions & By & { patch: string }) => {
      const patch = readPatch(options.patch);
      await withActions(options, async (letters) => {
        const acted = await letters.retry(await letterAt(letters, place), actorOf(options), { patch });
        said(options, [acted], outcomeOf(acted, `${letterName(place)} was mended and sent again`));
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
    .argument('<letter>', 'as list names it', letterPlace)
    .addOption(
      new Option('--status <status>', 'what it was').choices(['success', 'failure']).makeOptionMandatory(),
    )
    .option('--transaction-id <id>', "the processor's id")
    .option('--code <code>', 'of a failure, as Hyperswitch shall show it')
    .option('--message <text>', 'of a failure')
    .action(
      async (
        place: LetterPlace,
        options: CommandOptions &
          By & { status: 'success' | 'failure'; transactionId?: string; code?: string; message?: string },
      ) => {
        const { status, transactionId, code, message } = options;
        if (status === 'success' && transactionId === undefined)
          throw new InvalidArgumentError("--status success needs the processor's --transaction-id");
        await withActions(options, async (letters) => {
          const acted = await letters.resolve(await letterAt(letters, place), actorOf(options), {
            status,
            transactionId,
            code,
            message,
          });
          said(options, [acted], outcomeOf(acted, `${letterName(place)} is recorded as ${status}`));
        });
      },
    );
}

function discard(): Command {
  return byPerson(command('discard', 'take letters off the list, with a reason'))
    .argument('<letters...>', 'as list names them', letterPlaces)
    .action((places: readonly LetterPlace[], options: CommandOptions & By) =>
      withActions(options, async (letters) => {
        const chosen = await Promise.all(places.map((place) => letterAt(letters, place)));
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

function print(value: unknown): void {
  console.log(typeof value === 'string' ? value : JSON.stringify(value));
}
