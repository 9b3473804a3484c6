/** A worker of the fault run: looks before it charges again, and dies where its seed says so. */
import { createConnection, type RecordStore } from '@nats-bridge/messaging';
import { type BridgeRequest, type BridgeResponse, stateOf } from '@nats-bridge/protocol';
import type { HandlerContext } from '@nats-bridge/worker';
import { composeWorker } from '@nats-bridge/worker/simulation';
import type { Effect } from './evidence.js';
import { stepOf } from './fate.js';
import { recordsWithout } from './guards.js';
import type { Asked, Standing } from './processor.js';

const { NATS_URL = '', PROCESSOR_URL = '', SEED = '0', STEPS = '', WITHOUT = '' } = process.env;
const seed = Number(SEED);
// A clock that is behind, by less than the documented bound.
const { now } = Date;
Date.now = () => now() - Number(process.env.CLOCK_BEHIND_MS ?? 0);
const steps = STEPS.split(',').filter(Boolean);
/** The requests in hand that are to meet a crash, by the last token of their record's subject. */
const doomed = new Map<string, string>();

/** The exit code tells the run which crash it was. */
function die(step: string): never {
  process.exit(70 + steps.indexOf(step));
}

async function ask<T>(path: string, body?: object, signal?: AbortSignal): Promise<T> {
  const response = await fetch(`${PROCESSOR_URL}${path}`, {
    signal,
    ...(body && { method: 'POST', body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`the processor refused it: ${response.status}`);
  return (await response.json()) as T;
}

async function move(request: BridgeRequest, context: HandlerContext): Promise<BridgeResponse> {
  const { attempt, operation, traceparent = '' } = context;
  const key = `${request.merchant_id} ${context.idempotencyKey}`;
  const fate = attempt === 1 ? stepOf(key, steps, seed) : undefined;
  if (fate !== undefined) doomed.set(key, fate);
  if (attempt > 1 && WITHOUT !== 'lookup') {
    const path = `/lookup?attempt=${attempt}&key=${encodeURIComponent(key)}`;
    const found = await ask<Effect | null>(path);
    if (found !== null) return answerOf(found);
  }
  if (fate === 'crash_before_effect') die(fate);
  const asked: Asked = {
    key,
    operation,
    of: String(request.router_data.request.connector_transaction_id ?? ''),
    captures: request.router_data.request.capture_method !== 'MANUAL',
    amount: amountIn(request),
    worker: `${process.pid}`,
    attempt,
    traceId: traceparent.split('-')[1] ?? '',
  };
  const asking = ask<Effect>('/effect', asked, context.signal);
  // Its lease was looked at, and its call has not left: whoever runs the worker wakes it when the lease is over.
  if (fate === 'freeze_before_effect') {
    console.log(fate);
    process.kill(process.pid, 'SIGSTOP');
  }
  const effect = await asking;
  if (fate === 'crash_after_effect') die(fate);
  return answerOf(effect);
}

function answerOf({ id, outcome }: Effect): BridgeResponse {
  if (outcome === 'approved') return { status: 'success', transaction_id: id };
  return { status: 'failure', transaction_id: id, error: { code: 'declined', message: 'declined' } };
}

function amountIn({ router_data }: BridgeRequest): number {
  const { amount, amount_to_capture, refund_amount } = router_data.request as Record<
    string,
    { minor_amount?: number } | undefined
  >;
  return Number((amount_to_capture ?? refund_amount ?? amount)?.minor_amount ?? 0);
}

async function question({ operation, router_data }: BridgeRequest): Promise<BridgeResponse> {
  const { connector_transaction_id, connector_refund_id, refund_id } = router_data.request;
  const isRefund = operation === 'refund_sync';
  const id = String((isRefund ? connector_refund_id || refund_id : connector_transaction_id) || '');
  const found = await ask<Standing | null>(`/find?id=${encodeURIComponent(id)}`);
  if (found === null) return { status: 'failure', error: { code: 'not_found', message: 'no such payment' } };
  const said = isRefund ? { refund_status: found.status } : { attempt_status: found.status };
  const isGood = !found.status.includes('FAILURE');
  return isGood
    ? { status: 'success', transaction_id: found.id, ...said }
    : {
        status: 'failure',
        transaction_id: found.id,
        error: { code: 'declined', message: 'declined' },
        ...said,
      };
}

/** Dies when the answer is on its way to its record, or when it stands there. */
function dyingAtAnswers(records: RecordStore): RecordStore {
  return {
    ...records,
    async write(subject, body, headers, expectedSeq) {
      const [, , merchant = '', operation = '', rest = ''] = subject.split('.');
      const key = `${operation}:${rest}`;
      const fate =
        stateOf(headers) === 'answered' ? doomed.get(`${merchant} ${decodeURIComponent(key)}`) : undefined;
      const writing = records.write(subject, body, headers, expectedSeq);
      if (fate === 'crash_after_reply') {
        await nats.flush();
        die(fate);
      }
      const seq = await writing;
      if (fate === 'crash_before_ack') die(fate);
      return seq;
    },
  };
}

const connection = createConnection({ servers: NATS_URL, name: 'faults-worker', maxReconnects: -1 });
const nats = await connection.get();
const worker = composeWorker(
  {
    connection,
    priority: Number(process.env.PRIORITY ?? 0),
    handlers: {
      authorize: move,
      capture: move,
      void: move,
      refund: move,
      sync: question,
      refund_sync: question,
    },
  },
  (records) => dyingAtAnswers(recordsWithout(WITHOUT, records)),
);
await worker.start();
console.log('ready');
process.once('SIGTERM', () => void worker.stop().then(() => process.exit()));
