/**
 * An announcement whose bridge died before it sent the request: no worker ever gets it, so nobody would ever answer.
 * It is withdrawn when somebody asks, and then never happens. What plain subscribers may have heard is not: the stream
 * may have refused what they got.
 */
import { type Connection, storedMessages } from '@nats-bridge/messaging';
import {
  decodeHeaderValue,
  HEADER,
  isOperation,
  type OperationRecord,
  subjectFor,
} from '@nats-bridge/protocol';
import { type BridgeConfig, poolOf, subjectTemplateOf, timeoutOf } from '../config/bridge-config.js';
import { durationMs } from '../config/duration.js';
import { archiveNameOf } from '../topology.js';
import type { Ledger } from './ledger.js';

/** @returns whether it was withdrawn; false where it was sent, may still be, or that cannot be told any more */
export type WithdrawUnsent = (merchantId: string, key: string, record: OperationRecord) => Promise<boolean>;

/** How far the clocks of servers and bridges may be apart. */
const CLOCKS_MS = 10_000;

export function createWithdrawUnsent(
  connection: Connection,
  config: BridgeConfig,
  ledger: Pick<Ledger, 'write'>,
  now: () => number = Date.now,
): WithdrawUnsent {
  /** In the work stream first: what leaves it is in the archive by then. */
  async function wasSent(subject: string, key: string, from: number, until: number): Promise<boolean> {
    for (const stream of [config.jetstream.stream_name, archiveNameOf(config)])
      for await (const { headers, storedAt } of storedMessages(connection, stream, {
        subject,
        since: new Date(from),
      })) {
        if (storedAt.getTime() > until) break;
        if (decodeHeaderValue(headers[HEADER.idempotencyKey] ?? '') === key) return true;
      }
    return false;
  }

  return async (merchantId, key, { seq, at, ...record }) => {
    const { operation } = record;
    if (record.state !== 'sent' || record.isHeard || operation === undefined || !isOperation(operation))
      return false;
    const mayBeSentUntil = at + timeoutOf(config, operation) + config.jetstream.ack_wait;
    const isArchived = at - CLOCKS_MS > now() - durationMs(config.jetstream.max_age);
    if (now() <= mayBeSentUntil || !isArchived) return false;
    const template = subjectTemplateOf(config, operation, poolOf(config, merchantId));
    const subject = subjectFor(template, merchantId);
    if (await wasSent(subject, key, at - CLOCKS_MS, mayBeSentUntil + CLOCKS_MS)) return false;
    await ledger.write(merchantId, key, { ...record, state: 'withdrawn', reason: 'NEVER_SENT' }, seq);
    return true;
  };
}
