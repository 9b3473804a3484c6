/** How many actions wait for a second person: each time, only what was written since the last time is read. */
import { type Connection, storedMessages, streamState } from '@nats-bridge/messaging';
import { APPROVAL_STREAM } from '@nats-bridge/protocol';
import type { BridgeConfig } from '../config/bridge-config.js';
import { readKept } from './proposal.js';

/** @returns how many wait and have not expired; undefined where no action needs a second person. One reading at a time. */
export type CountWaitingApprovals = () => Promise<number | undefined>;

export function createWaitingApprovals(
  connection: Connection,
  { jetstream_enabled, approvals }: Pick<BridgeConfig, 'jetstream_enabled' | 'approvals'>,
  now = Date.now,
): CountWaitingApprovals {
  const isUsed = jetstream_enabled && approvals.required_for.length > 0;
  /** By subject, which is of one letter: of several proposals about it, the newest alone can wait. */
  const expiryOf = new Map<string, number>();
  let readTo = { created: '', seq: 0 };
  let reading: Promise<number> | undefined;

  async function read(): Promise<number> {
    const { created, lastSeq } = await streamState(connection, APPROVAL_STREAM);
    if (created !== readTo.created || lastSeq < readTo.seq) {
      expiryOf.clear();
      readTo = { created, seq: 0 };
    }
    if (lastSeq > readTo.seq)
      for await (const stored of storedMessages(connection, APPROVAL_STREAM, { fromSeq: readTo.seq + 1 })) {
        const kept = readKept(stored)?.kept;
        if (kept?.state === 'waiting') expiryOf.set(stored.subject, Date.parse(kept.expires_at));
        else if (kept !== undefined) expiryOf.delete(stored.subject);
      }
    readTo = { created, seq: lastSeq };
    for (const [subject, expiresAt] of expiryOf) if (expiresAt <= now()) expiryOf.delete(subject);
    return expiryOf.size;
  }

  return async () => {
    if (!isUsed) return undefined;
    reading ??= read().finally(() => {
      reading = undefined;
    });
    return reading;
  };
}
