/** The letters of an installation for as long as a command of `nats-bridge dlq` needs them. */
import {
  createDeadLetters,
  type DeadLetter,
  type DeadLetters,
  type LetterPlace,
  letterName,
  type NatsBridge,
} from '@nats-bridge/connector';
import { APPROVAL_STREAM, AUDIT_STREAM, QUEUE_STREAM } from '@nats-bridge/protocol';
import { assertMayBeWrittenDown } from './assert-may-be-written-down.js';
import { missingStreams } from './missing-streams.js';
import { readSettingsHere, type ServerOptions } from './settings.js';
import { withBridge } from './with-bridge.js';

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

export async function letterAt(letters: DeadLetters, place: LetterPlace): Promise<DeadLetter> {
  const letter = await letters.get(place.queue, place.seq);
  if (letter === undefined)
    throw new Error(`there is no letter ${letterName(place)}: it was settled, is too old, or never was`);
  return letter;
}
