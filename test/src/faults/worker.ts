/** A worker of the fault run: looks before it charges again, and dies where a coin says so. */
import { createConnection } from '@nats-bridge/messaging';
import type { BridgeRequest, BridgeResponse } from '@nats-bridge/protocol';
import { createWorker, type HandlerContext } from '@nats-bridge/worker';
import type { Effect } from './processor.js';
import { coin } from './random.js';

const { NATS_URL = '', PROCESSOR_URL = '', SEED = '0', CRASHES = '', LOOKS = 'yes' } = process.env;
const seed = Number(SEED);
/** One in so many operations meets one of these, on its first attempt. */
const SHARE = 0.004;
const crashes = CRASHES.split(',').filter(Boolean);

function crashAt(step: string, key: string, attempt: number): void {
  if (attempt === 1 && crashes.includes(step) && coin(`${step} ${key}`, seed) < SHARE) process.exit(70);
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
  const { idempotencyKey: key, attempt } = context;
  if (attempt > 1 && LOOKS === 'yes') {
    const found = await ask<Effect | null>(
      `/lookup?attempt=${attempt}&key=${encodeURIComponent(`${request.merchant_id} ${key}`)}`,
    );
    if (found !== null) return { status: 'success', transaction_id: found.id };
  }
  crashAt('crash_before_effect', key, attempt);
  const asked = { key: `${request.merchant_id} ${key}`, amount: 1, worker: `${process.pid}`, attempt };
  const effect = await ask<Effect>('/effect', asked, context.signal);
  crashAt('crash_after_effect', key, attempt);
  return { status: 'success', transaction_id: effect.id };
}

async function question(request: BridgeRequest): Promise<BridgeResponse> {
  const { connector_transaction_id, refund_id } = request.router_data.request;
  const id = String(refund_id || connector_transaction_id || '');
  const found = await ask<Effect | null>(`/find?id=${encodeURIComponent(id)}`);
  return found === null
    ? { status: 'failure', error: { code: 'not_found', message: 'no such payment' } }
    : { status: 'success', transaction_id: found.id };
}

const connection = createConnection({ servers: NATS_URL, name: 'faults-worker', maxReconnects: -1 });
const nats = await connection.get();
if (crashes.includes('crash_before_ack')) {
  // The reply is stored by now: the next thing the SDK publishes about a request is its acknowledgement.
  const { protocol } = nats as unknown as {
    protocol: { publish(subject: string, ...rest: unknown[]): void };
  };
  const publish = protocol.publish.bind(protocol);
  protocol.publish = (subject, ...rest) => {
    if (subject.startsWith('$JS.ACK.') && coin(`crash_before_ack ${subject}`, seed) < SHARE) process.exit(71);
    publish(subject, ...rest);
  };
}
const worker = createWorker({
  connection,
  handlers: {
    authorize: move,
    capture: move,
    void: move,
    refund: move,
    sync: question,
    refund_sync: question,
  },
});
await worker.start();
console.log('ready');
process.once('SIGTERM', () => void worker.stop().then(() => process.exit()));
