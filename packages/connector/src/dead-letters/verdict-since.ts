/**
 * What a verdict is worth once the work stream was made again, as by a restore: a letter from before may have been sent
 * again, and nobody knows.
 */
import { type Connection, streamState } from '@nats-bridge/messaging';
import { movesMoney } from '@nats-bridge/protocol';
import type { BridgeConfig } from '../config/bridge-config.js';
import type { DeadLetter } from './dead-letter.js';

type Judged = Pick<DeadLetter, 'verdict' | 'operation' | 'at'>;

/** @throws when the work stream cannot be read */
export async function readVerdictSince(
  connection: Connection,
  { jetstream }: Pick<BridgeConfig, 'jetstream'>,
): Promise<<Letter extends Judged>(letter: Letter) => Letter> {
  const madeAt = new Date((await streamState(connection, jetstream.stream_name)).created);
  return (letter) =>
    letter.verdict === 'never_sent' && movesMoney(letter.operation) && letter.at < madeAt
      ? { ...letter, verdict: 'unknown' }
      : letter;
}
