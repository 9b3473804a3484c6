/** All operations that the record stream knows, in memory, newest first: so that a search needs no walk through it. */
import { storedMessages } from '@nats-bridge/messaging';
import { oldestBeyond, RECORD_STREAM, type RecordState } from '@nats-bridge/protocol';
import type { NatsBridge } from '../nats-bridge.js';
import { startPeriodicTask } from '../pacing/periodic-task.js';
import { type OperationView, operationViewOf } from './operation-view.js';

export type PaymentQuery = {
  /** Beginning of a payment id, an idempotency key or what follows its operation, a correlation id, or a worker. */
  readonly text?: string;
  readonly merchantId?: string;
  readonly operation?: string;
  readonly state?: RecordState;
  readonly status?: string;
  /** Of the last state; milliseconds since the epoch. */
  readonly from?: number;
  readonly to?: number;
  readonly oldestFirst?: boolean;
  /** Where the page before ended. */
  readonly after?: number;
  readonly limit: number;
};

export type PaymentPage = {
  readonly items: readonly OperationView[];
  /** Of all that match, whatever the page. */
  readonly total: number;
  readonly next: number | undefined;
};

export type PaymentIndex = {
  search(query: PaymentQuery): PaymentPage;
  /** Everything that was done in a payment, in the order in which it last changed. */
  ofPayment(merchantId: string, paymentId: string): readonly OperationView[];
  /** Told of every change, once it is stored. @returns unsubscribe */
  onChange(listener: (view: OperationView) => void): () => void;
  /** Resolves when what the stream held at the beginning has been read. */
  readonly ready: Promise<void>;
  close(): Promise<void>;
};

export type PaymentIndexOptions = {
  /** Operations kept, and up to a tenth more; the oldest are forgotten. Each takes about half a kilobyte. Default 200 000. */
  readonly mostKept?: number;
  /** How often the stream is asked for more, in milliseconds. Default 250. */
  readonly everyMs?: number;
  /** Told when it cannot be read, and when the reason changes; it goes on trying. */
  readonly onError?: (error: Error) => void;
};

export function createPaymentIndex(
  bridge: Pick<NatsBridge, 'connection' | 'sealing' | 'prepare'>,
  options: PaymentIndexOptions = {},
): PaymentIndex {
  const { mostKept = 200_000, everyMs = 250, onError = () => {} } = options;
  /** By merchant and key; a change moves one to the end, so the order is that of the sequences. */
  const views = new Map<string, OperationView>();
  const listeners = new Set<(view: OperationView) => void>();
  const closing = new AbortController();
  let nextSeq = 1;

  function keep(view: OperationView): void {
    const name = `${view.merchantId}\n${view.idempotencyKey}`;
    views.delete(name);
    views.set(name, view);
    for (const oldest of oldestBeyond(views, mostKept)) views.delete(oldest);
    for (const listener of listeners) listener(view);
  }

  async function readOn(): Promise<void> {
    for await (const stored of storedMessages(bridge.connection, RECORD_STREAM, { fromSeq: nextSeq })) {
      nextSeq = stored.seq + 1;
      const view = operationViewOf(stored, bridge.sealing);
      if (view !== undefined) keep(view);
      if (closing.signal.aborted) return;
    }
  }

  let isReady = () => {};
  const ready = new Promise<void>((resolve) => {
    isReady = resolve;
  });

  async function follow(): Promise<void> {
    await bridge.prepare();
    await readOn();
    isReady();
  }
  const task = startPeriodicTask(follow, {
    everyMs,
    beginsNow: true,
    onError: (error) => {
      if (!closing.signal.aborted) onError(error);
    },
  });

  return {
    ready,
    search(query) {
      const found = [...views.values()].filter((view) => matches(view, query));
      if (!query.oldestFirst) found.reverse();
      const { after, limit } = query;
      const isLater = ({ seq }: OperationView) =>
        after === undefined || (query.oldestFirst ? seq > after : seq < after);
      const begin = found.findIndex(isLater);
      const items = begin < 0 ? [] : found.slice(begin, begin + limit);
      const hasMore = begin >= 0 && begin + limit < found.length;
      return { items, total: found.length, next: hasMore ? items.at(-1)?.seq : undefined };
    },
    ofPayment: (merchantId, paymentId) =>
      [...views.values()].filter((view) => view.paymentId === paymentId && view.merchantId === merchantId),
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async close() {
      closing.abort();
      isReady();
      await task.close();
    },
  };
}

function matches(view: OperationView, query: PaymentQuery): boolean {
  const { text, merchantId, operation, state, status, from, to } = query;
  if (merchantId !== undefined && view.merchantId !== merchantId) return false;
  if (operation !== undefined && view.operation !== operation) return false;
  if (state !== undefined && view.state !== state) return false;
  if (status !== undefined && view.status !== status) return false;
  if (from !== undefined && view.at < from) return false;
  if (to !== undefined && view.at > to) return false;
  return text === undefined || text === '' || isNamed(view, text);
}

function isNamed(view: OperationView, text: string): boolean {
  const { idempotencyKey, paymentId, correlationId, worker } = view;
  return (
    paymentId.startsWith(text) ||
    idempotencyKey.startsWith(text) ||
    idempotencyKey.startsWith(text, idempotencyKey.indexOf(':') + 1) ||
    (correlationId?.startsWith(text) ?? false) ||
    (worker?.startsWith(text) ?? false)
  );
}
