/** Which letters a command of `nats-bridge dlq` is about. */
import { type LetterFilter, type LetterPlace, parseLetterName } from '@nats-bridge/connector';
import { type Queue, VERDICT_ADVICE, type Verdict } from '@nats-bridge/protocol';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { moment } from './moment.js';

export type LetterOptions = {
  queue?: Queue;
  merchant?: string;
  operation?: string;
  verdict?: Verdict;
  cause?: string;
  worker?: string;
  since?: Date;
  until?: Date;
};

export function ofLetters(named: Command): Command {
  return named
    .addOption(new Option('--queue <queue>', 'where they landed').choices(['dead_letters', 'interventions']))
    .option('--merchant <id>', 'of one merchant only')
    .option('--operation <name>', 'of one operation only')
    .addOption(
      new Option('--verdict <verdict>', 'as it was when it was given up').choices(
        Object.keys(VERDICT_ADVICE),
      ),
    )
    .option('--cause <text>', 'part of the reason or of the error')
    .option('--worker <id>', 'that had it last')
    .option(
      '--since <when>',
      'given up since: a time (2026-11-24T10:00Z), or how long ago (30m, 6h, 2d)',
      moment,
    )
    .option('--until <when>', 'given up until, said likewise', moment);
}

/** The name of a letter as an argument. @throws InvalidArgumentError before anybody is asked for it */
export function letterPlace(name: string): LetterPlace {
  const place = parseLetterName(name);
  if (place === undefined)
    throw new InvalidArgumentError('it is no letter; dlq list names them, for example d3 or i7');
  return place;
}

/** The same of several. @param others that stand before it */
export function letterPlaces(name: string, others: readonly LetterPlace[] = []): readonly LetterPlace[] {
  return [...others, letterPlace(name)];
}

export function hasFilter(options: LetterOptions): boolean {
  return Object.values(letterFilterOf(options)).some((value) => value !== undefined);
}

export function letterFilterOf({
  merchant,
  queue,
  operation,
  verdict,
  cause,
  worker,
  since,
  until,
}: LetterOptions): LetterFilter {
  return { merchantId: merchant, queue, operation, verdict, cause, worker, since, until };
}
