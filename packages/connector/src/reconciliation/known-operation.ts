/** What ledger and streams know of an operation, as it is compared with what the processor says. */
import { archivedMessage, originSeqOf, type StoredRecord, storedMessage } from '@nats-bridge/messaging';
import {
  type BridgeRequest,
  isOfKey,
  operationRow,
  outcomeOfReply,
  type RouterData,
} from '@nats-bridge/protocol';
import type { OpenArchived } from '../archive/archived-requests.js';
import type { LedgerEntry } from '../ledger/ledger.js';
import type { NatsBridge } from '../nats-bridge.js';
import { amountAsked, type Money } from '../payments/money.js';
import { archiveNameOf } from '../topology.js';
import { hasFailed, isOpenEnded, type Known } from './judge.js';
import type { GroupedOperation } from './payment-groups.js';

export type Examined = GroupedOperation & {
  readonly known: Known;
  readonly entry: LedgerEntry | undefined;
  /** undefined where it cannot be read: `unreadable` says why. */
  readonly request: BridgeRequest | undefined;
  readonly unreadable: string;
};

const GONE = 'its request is in the archive no longer';

/** @throws when the streams cannot be read */
export async function examine(
  { config, connection, ledger }: Pick<NatsBridge, 'config' | 'connection' | 'ledger'>,
  open: OpenArchived,
  merchantId: string,
  grouped: GroupedOperation,
): Promise<Examined> {
  const { operation, key } = grouped;
  const archive = archiveNameOf(config);
  // The ledger before the work stream: what leaves that is recorded by then.
  const entry = await ledger.findLatest(merchantId, key);
  const stored = await requestOf(grouped.archiveSeq, entry?.record.requestSeq);
  let request: BridgeRequest | undefined;
  let unreadable = GONE;
  try {
    request = stored && (await open(stored));
  } catch (error) {
    unreadable = `its request cannot be read: ${(error as Error).message}`;
  }
  const data = request?.router_data;
  return {
    ...grouped,
    entry,
    request,
    unreadable,
    known: {
      operation,
      key,
      ...saidBy(entry, grouped, data),
      isOpen: entry?.record.state === 'sent' || (await isInStream(stored, entry)),
      amount: amountOf(entry, data),
    },
  };

  /** What was requested outside of the window is found by its place in the work stream. */
  async function requestOf(archiveSeq?: number, originSeq?: number): Promise<StoredRecord | undefined> {
    if (archiveSeq !== undefined) return storedMessage(connection, archive, archiveSeq);
    if (originSeq === undefined) return undefined;
    const found = await archivedMessage(connection, archive, originSeq);
    // A stream that was made again gives its numbers to others.
    return found && isOfKey(found.headers, merchantId, key) ? found : undefined;
  }

  /** Whether it may still be delivered. Workers that keep no record may have it in their own hands besides. */
  async function isInStream(
    stored: StoredRecord | undefined,
    entry: LedgerEntry | undefined,
  ): Promise<boolean> {
    const seq = (stored && originSeqOf(stored.headers)) || entry?.record.requestSeq;
    if (seq === undefined) return false;
    const waiting = await storedMessage(connection, config.jetstream.stream_name, seq);
    return waiting !== undefined && isOfKey(waiting.headers, merchantId, key);
  }
}

function saidBy(
  entry: LedgerEntry | undefined,
  { operation }: GroupedOperation,
  data: RouterData | undefined,
): Pick<Known, 'said' | 'status'> {
  if (entry === undefined) return { said: 'doubt', status: 'no record' };
  const { record, answer } = entry;
  if (record.state === 'withdrawn') return { said: 'no', status: 'withdrawn' };
  if (record.state !== 'answered') return { said: 'doubt', status: record.state };
  if (answer === undefined) return { said: 'doubt', status: 'answer unreadable' };
  const status = statusOf(operation, data, answer);
  const { statusKind } = operationRow(operation);
  if (answer.status === 'processing' || isOpenEnded(statusKind, status)) return { said: 'doubt', status };
  const isDone = answer.status === 'success' && !hasFailed(operation, status);
  return { said: isDone ? 'yes' : 'no', status };
}

function statusOf(
  operation: GroupedOperation['operation'],
  data: RouterData | undefined,
  answer: NonNullable<LedgerEntry['answer']>,
): string {
  try {
    return outcomeOfReply({ operation, data: data ?? NO_DATA, correlationId: '' }, answer).status;
  } catch {
    return 'answer unreadable';
  }
}

/** Where the request is gone: whether it was to be captured later is then not known. */
const NO_DATA: RouterData = {
  merchant_id: '',
  payment_id: '',
  attempt_id: '',
  connector: '',
  connector_auth_type: { auth_type: 'NoKey' },
  request: {},
  test_mode: false,
};

/** What was taken or given back, by the answer where that says it, else by the request. */
function amountOf(entry: LedgerEntry | undefined, data: RouterData | undefined): Money | undefined {
  if (data === undefined) return undefined;
  const asked = amountAsked(data.request);
  const captured = entry?.answer?.amount_captured;
  const isCapture = data.request.amount_to_capture !== undefined;
  if (asked === undefined || typeof captured !== 'number' || isCapture) return asked;
  return { ...asked, minorAmount: captured };
}
