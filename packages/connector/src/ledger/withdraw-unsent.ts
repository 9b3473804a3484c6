/**
 * An announcement whose bridge died before it sent the request: no worker ever gets it, so nobody would ever answer.
 * It is withdrawn when somebody asks, and then never happens. What plain subscribers may have heard is not: the stream
 * may have refused what they got.
 */
import { type Connection, hasAllSince } from '@nats-bridge/messaging';
import { isOperation, type OperationRecord } from '@nats-bridge/protocol';
import { type BridgeConfig, LONGEST_TIMEOUT_MS } from '../config/bridge-config.js';
import { archiveNameOf } from '../topology.js';
import { CLOCKS_MS, findRequest, sentBetween } from './find-request.js';
import type { Ledger } from './ledger.js';

/**
 * @returns whether it was withdrawn; false where it was sent, may still be, or that cannot be told any more: the
 * archive does not have all that was sent since
 */
export type WithdrawUnsent = (merchantId: string, key: string, record: OperationRecord) => Promise<boolean>;

/**
 * When the request of an announcement has either come into the stream or never will, by the server's clock. Its bridge
 * says how long it goes on sending: that of who asks may be configured otherwise. An earlier version does not say.
 */
export function mayBeSentUntil(
  { at, requestedAt, deadlineAt }: Pick<OperationRecord, 'at' | 'requestedAt' | 'deadlineAt'>,
  { jetstream }: Pick<BridgeConfig, 'jetstream'>,
): number {
  const isSaid = requestedAt !== undefined && deadlineAt !== undefined;
  return at + (isSaid ? deadlineAt - requestedAt : LONGEST_TIMEOUT_MS) + jetstream.ack_wait;
}

export function createWithdrawUnsent(
  connection: Connection,
  config: BridgeConfig,
  ledger: Pick<Ledger, 'write'>,
  now: () => number = Date.now,
): WithdrawUnsent {
  /** In the work stream first: what leaves it is in the archive by then. */
  async function wasSent(merchantId: string, key: string, from: number, until: number): Promise<boolean> {
    const search = sentBetween(config, merchantId, key, [from, until]);
    for (const stream of [config.jetstream.stream_name, archiveNameOf(config)])
      if ((await findRequest(connection, { ...search, stream })) !== undefined) return true;
    return false;
  }

  return async (merchantId, key, { seq, at, ...record }) => {
    const { operation } = record;
    if (record.state !== 'sent' || record.isHeard || operation === undefined || !isOperation(operation))
      return false;
    // What a person has sent again was sent before.
    if (record.retry > 0) return false;
    const until = mayBeSentUntil({ ...record, at }, config);
    if (now() <= until) return false;
    const archive = {
      source: config.jetstream.stream_name,
      archive: archiveNameOf(config),
      since: new Date(at),
      clocksMs: CLOCKS_MS,
    };
    const isSent = () => wasSent(merchantId, key, at, until);
    // Asked again afterwards: what was searched may have been dropped while it was.
    const isWhole = () => hasAllSince(connection, archive);
    if (!(await isWhole()) || (await isSent()) || !(await isWhole())) return false;
    await ledger.write(merchantId, key, { ...record, state: 'withdrawn', reason: 'NEVER_SENT' }, seq);
    return true;
  };
}
