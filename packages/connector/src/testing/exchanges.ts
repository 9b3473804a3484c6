/** An exchange, what sends it, and a ledger in memory, for tests of policies. Not exported from the package. */
import { RecordChangedError } from '@nats-bridge/messaging';
import {
  BridgeError,
  type BridgeErrorCode,
  type BridgeResponse,
  decodeBody,
  type NewRecord,
  operationRow,
  type Phase,
} from '@nats-bridge/protocol';
import type { Exchange } from '../call/exchange.js';
import type { Ledger, LedgerEntry } from '../ledger/ledger.js';
import type { SettleDoubtWorld } from '../policies/settle-doubt.js';

export const exchange = (
  changes: Partial<Exchange> = {},
  request: Record<string, unknown> = {},
): Exchange => ({
  operation: 'capture',
  row: operationRow('capture'),
  data: {
    merchant_id: 'm',
    payment_id: 'p',
    attempt_id: 'att_1',
    connector: 'c',
    connector_auth_type: { auth_type: 'NoKey' },
    request,
    test_mode: true,
  },
  key: 'capture:att_1',
  correlationId: 'c',
  deadlineAt: Number.POSITIVE_INFINITY,
  isDurable: true,
  workers: 'guarded',
  pool: undefined,
  marks: { begunAt: 0, at: 0 },
  ...changes,
});

export const success: BridgeResponse = { status: 'success', transaction_id: 'txn_1' };

/** A send that always fails so. */
export const failing = (code: BridgeErrorCode) => async (): Promise<never> => {
  throw new BridgeError(code);
};

/** A send that fails so at its first `times`, then succeeds; `seen` has what it was to send. */
export function failingFirst(times: number, code: BridgeErrorCode, phase?: Phase) {
  const seen: Exchange[] = [];
  const send = async (one: Exchange) => {
    seen.push(one);
    if (seen.length <= times) throw new BridgeError(code, undefined, { phase });
    return success;
  };
  return { seen, send };
}

/** Real compare-and-set, no NATS. `history` has every record in order. */
export function memoryLedger(): Pick<Ledger, 'findLatest' | 'write'> & { readonly history: NewRecord[] } {
  const history: NewRecord[] = [];
  let last: LedgerEntry | undefined;
  return {
    history,
    async findLatest() {
      return last;
    },
    async write(_merchantId, key, record, expectedSeq, answer) {
      if ((last?.record.seq ?? 0) !== expectedSeq) throw new RecordChangedError(key, expectedSeq);
      history.push(record);
      last = {
        record: { ...record, seq: history.length, at: 0 },
        answer: answer && (decodeBody(answer.body) as BridgeResponse),
      };
      return history.length;
    },
  };
}

/** Nothing can be taken back, and whoever is there keeps records. */
export function doubtWorld(changes: Partial<SettleDoubtWorld> = {}): SettleDoubtWorld {
  return {
    ledger: memoryLedger(),
    bridge: 'bridge',
    takeBack: async () => false,
    isGuarded: async () => true,
    ...changes,
  };
}
