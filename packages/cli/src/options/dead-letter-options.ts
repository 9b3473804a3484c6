/** What the commands of `nats-bridge dlq` have in common: filters, letters, and what came of an order. */
import {
  type Acted,
  createDeadLetters,
  type DeadLetter,
  type DeadLetters,
  type LetterFilter,
  letterName,
  type NatsBridge,
  parseLetterName,
  shownActed,
} from '@nats-bridge/connector';
import {
  APPROVAL_STREAM,
  AUDIT_STREAM,
  QUEUE_STREAM,
  type Queue,
  VERDICT_ADVICE,
  type Verdict,
} from '@nats-bridge/protocol';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { missingStreams } from '../installation/missing-streams.js';
import { readSettingsHere, type ServerOptions } from '../installation/settings.js';
import { withBridge } from '../installation/with-bridge.js';
import { mark } from '../output/terminal.js';
import { assertMayBeWrittenDown } from './audited-command.js';
import type { CommandOptions } from './command-options.js';
import { moment } from './moment.js';

export type Filters = {
  queue?: Queue;
  merchant?: string;
  operation?: string;
  verdict?: Verdict;
  cause?: string;
  worker?: string;
  since?: Date;
  until?: Date;
};

export function filtered(named: Command): Command {
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

export function hasFilter(options: Filters): boolean {
  return Object.values(filterOf(options)).some((value) => value !== undefined);
}

export function filterOf({
  merchant,
  queue,
  operation,
  verdict,
  cause,
  worker,
  since,
  until,
}: Filters): LetterFilter {
  return { merchantId: merchant, queue, operation, verdict, cause, worker, since, until };
}

/** To look at letters: makes and changes no stream. @throws Error where no bridge has made them */
export async function withLetters(
  options: ServerOptions,
  use: (letters: DeadLetters) => Promise<void>,
): Promise<void> {
  await withBridgeOfLetters(options, (_, letters) => use(letters));
}

/** To deal with letters, which is written down. @throws Error as well where the audit is signed, and not by who asks */
export async function withActions(
  options: ServerOptions,
  use: (letters: DeadLetters) => Promise<void>,
): Promise<void> {
  await withBridgeOfLetters(options, async (bridge, letters) => {
    await assertMayBeWrittenDown(bridge);
    await use(letters);
  });
}

async function withBridgeOfLetters(
  options: ServerOptions,
  use: (bridge: NatsBridge, letters: DeadLetters) => Promise<void>,
): Promise<void> {
  await withBridge(readSettingsHere(options).bridge, async (bridge) => {
    const letters = createDeadLetters(bridge);
    try {
      await assertThereAreLetters(bridge);
      await use(bridge, letters);
    } finally {
      letters.close();
    }
  });
}

async function assertThereAreLetters({ config, connection }: NatsBridge): Promise<void> {
  const approvals = config.approvals.required_for.length > 0 ? [APPROVAL_STREAM] : [];
  const wanted = [...Object.values(QUEUE_STREAM), AUDIT_STREAM, ...approvals];
  const missing = await missingStreams(connection, wanted);
  if (missing.length === 0) return;
  throw new Error(
    `there is no stream ${missing.join(', ')} at ${connection.servers.join(', ')}, so no letters are kept there: is it the right server? A bridge makes them when it starts, and nats-bridge topology apply does`,
  );
}

export async function letterNamed(letters: DeadLetters, name: string): Promise<DeadLetter> {
  const place = parseLetterName(name);
  if (place === undefined)
    throw new InvalidArgumentError(`${name} is no letter; dlq list names them, for example d3 or i7`);
  const letter = await letters.get(place.queue, place.seq);
  if (letter === undefined)
    throw new Error(`there is no letter ${name}: it was settled, is too old, or never was`);
  return letter;
}

/** What came of an order, for a person: `done`, or that somebody else has to agree first. */
export function outcomeOf(acted: Acted, done: string): string {
  if (acted.kind === 'done') return `${mark.ok()} ${done}`;
  const { id, letter, expiresAt } = acted.proposal;
  return `${mark.warning()} ${letterName(letter)} waits for a second person until ${expiresAt.toISOString()}: nats-bridge dlq approve ${id}`;
}

/** @param text of all that were acted on */
export function said({ json }: CommandOptions, all: readonly Acted[], text: string): void {
  console.log(json ? JSON.stringify(shownActed(all)) : text);
}
