/** `nats-bridge dlq retry`: sends letters again, one by force or many by what the ledger says of each. */
import {
  type Actor,
  type BulkResult,
  type DeadLetter,
  type DeadLetters,
  type LetterPlace,
  letterName,
  planRetry,
  retryMany,
  shownRetry,
  shownRetryPlan,
} from '@nats-bridge/connector';
import { VERDICT_ADVICE, type Verdict } from '@nats-bridge/protocol';
import { type Command, InvalidArgumentError } from 'commander';
import { letterAt, withActions, withLetters } from '../installation/with-letters.js';
import { actorUnlessDryRun, byPersonUnlessDryRun, type MayBeDryRun } from '../options/audited-command.js';
import { type CommandOptions, command } from '../options/command-options.js';
import {
  hasFilter,
  type LetterOptions,
  letterFilterOf,
  letterPlaces,
  ofLetters,
} from '../options/letter-options.js';
import { positive } from '../options/number-option.js';
import { outcomeOf, said } from '../output/acted-letters.js';
import { mark, progress } from '../output/terminal.js';

const MOST_NAMED = 5;

type RetryOptions = CommandOptions & LetterOptions & MayBeDryRun & { rate: number; forceUnknown?: boolean };

export function retryCommand(): Command {
  return ofLetters(
    byPersonUnlessDryRun(command('retry', 'send letters again, under their own idempotency keys')),
  )
    .description(
      'Sends letters again, under their own idempotency keys: those of which nothing was charged. Their callers were told that it failed, and the customer may have paid in another way since: before you send old letters in bulk, look whether the payments are still wanted.',
    )
    .argument('[letters...]', 'as list names them; without any, all that the filters choose', letterPlaces)
    .option('--rate <n>', 'at most so many a second', positive, 10)
    .option('--dry-run', 'say what would happen, and how long it would take')
    .option(
      '--force-unknown',
      'one letter that may have been carried out, when the processor says that it was not',
    )
    .action(retry);
}

async function retry(places: readonly LetterPlace[], options: RetryOptions): Promise<void> {
  if (options.forceUnknown && places.length !== 1)
    throw new InvalidArgumentError('--force-unknown is for one letter, named');
  if (places.length === 0 && !hasFilter(options))
    throw new InvalidArgumentError('name letters or give a filter, such as --since 1h');
  const actor = actorUnlessDryRun(options);
  const within = actor === undefined ? withLetters : withActions;
  await within(options, async (letters) => {
    if (options.forceUnknown && actor !== undefined)
      return forceOne(letters, places[0] as LetterPlace, actor, options);
    const chosen =
      places.length > 0
        ? await Promise.all(places.map((place) => letterAt(letters, place)))
        : await letters.list(letterFilterOf(options));
    const perSecond = options.rate;
    const result =
      actor === undefined
        ? await planRetry(letters, chosen, { perSecond, force: options.forceUnknown ?? false })
        : await retryMany(letters, chosen, { perSecond, actor, onProgress: onceASecond(perSecond) });
    if (result.failed.length > 0) process.exitCode = 1;
    if (options.json)
      console.log(JSON.stringify(options.dryRun ? shownRetryPlan(result) : shownRetry(result)));
    else sayResult(result, chosen, options);
  });
}

async function forceOne(
  letters: DeadLetters,
  place: LetterPlace,
  actor: Actor,
  options: CommandOptions,
): Promise<void> {
  const letter = await letterAt(letters, place);
  const acted = await letters.retry(letter, actor, { force: true });
  const text = [outcomeOf(acted, `${letterName(letter)} was sent again`), ...comingBack([letter])];
  said(options, [acted], text.join('\n'));
}

function onceASecond(perSecond: number) {
  return (done: number, of: number) => {
    if (done % Math.max(1, Math.round(perSecond)) === 0 || done === of) progress(`${done} of ${of}`);
  };
}

function sayResult(
  { retried, skipped, failed, ms }: BulkResult,
  chosen: readonly DeadLetter[],
  { dryRun, forceUnknown }: RetryOptions,
): void {
  const verb = dryRun ? 'would be sent again' : 'were sent again';
  const time = dryRun ? `, in about ${(ms / 1_000).toFixed(1)} s` : '';
  const sign = retried > 0 ? mark.ok() : mark.warning();
  console.log(`${sign} ${retried} of ${chosen.length} ${verb}${time}`);
  for (const [verdict, count] of Object.entries(skipped))
    console.log(`${mark.warning()} ${count} left: ${VERDICT_ADVICE[verdict as Verdict]}`);
  const notSent = new Set(failed.map(({ name }) => name));
  const sent = chosen.filter(
    (letter) => (letter.verdict === 'never_sent' || forceUnknown) && !notSent.has(letterName(letter)),
  );
  for (const line of comingBack(sent)) console.log(line);
  for (const { why } of failed) console.log(`${mark.failed()} ${why}`);
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
