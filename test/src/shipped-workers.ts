/** Every worker that is shipped, each started as its users start it, with the operations it is asked for. */
import { join } from 'node:path';
import { KNOWN_OPERATIONS } from '@nats-bridge/conformance';
import type { BridgeConfigInput } from '@nats-bridge/connector';
import type { Operation } from '@nats-bridge/protocol';
import { startLocalstripe } from './localstripe.js';
import { startStack } from './stack-under-test.js';
import { PYTHON, ROOT, startWorkerProcess } from './worker-process.js';

export type ShippedWorker = {
  readonly name: string;
  readonly operations: readonly Operation[];
  /** What the kit's file of requests says for it. */
  readonly requests?: object;
  readonly config?: BridgeConfigInput;
  start(url: string): Promise<{ readonly pid?: number; stop(): Promise<void> }>;
};

const MAIN = join(ROOT, 'packages/cli/dist/main.js');
const EXAMPLES = join(ROOT, 'workers/examples');
const AUTHORIZE: readonly Operation[] = ['authorize'];

/** A worker that is one program. @param isStopped whether it is shown how it drains */
function program(
  name: string,
  operations: readonly Operation[],
  command: () => readonly [string, ...string[]],
  {
    readyText = 'started',
    isStopped = false,
    config,
  }: { readyText?: string; isStopped?: boolean; config?: BridgeConfigInput } = {},
): ShippedWorker {
  return {
    name,
    operations,
    config,
    async start(url) {
      const worker = await startWorkerProcess(
        command(),
        { NATS_URL: url, NATS_BRIDGE__BASE_URL: url },
        readyText,
      );
      return { stop: worker.stop, ...(isStopped && { pid: worker.pid }) };
    },
  };
}

export const SHIPPED_WORKERS: readonly ShippedWorker[] = [
  program('sandbox', KNOWN_OPERATIONS, () => [process.execPath, MAIN, 'worker', 'sandbox'], {
    readyText: 'worker ready',
    isStopped: true,
  }),
  {
    name: 'Stripe',
    operations: KNOWN_OPERATIONS.filter((operation) => operation !== 'session'),
    requests: {
      connector: 'stripe',
      connector_auth_type: { auth_type: 'HeaderKey', api_key: 'sk_test_localstripe' },
    },
    async start(url) {
      const stripe = await startLocalstripe();
      const args = ['worker', 'stripe', '--nats', url, '--stripe-url', stripe.url, '--json'];
      const worker = await startWorkerProcess([process.execPath, MAIN, ...args], {}, '"started"');
      return {
        pid: worker.pid,
        async stop() {
          await worker.stop();
          await stripe.close();
        },
      };
    },
  },
  {
    name: 'UCS',
    operations: KNOWN_OPERATIONS,
    requests: { connector: 'imerchantsolutions' },
    async start(url) {
      const behind = await startStack();
      const args = ['worker', 'ucs', '--nats', url, '--target', behind.grpcUrl, '--json'];
      const worker = await startWorkerProcess([process.execPath, MAIN, ...args], {}, '"started"');
      return {
        pid: worker.pid,
        async stop() {
          await worker.stop();
          await behind.close();
        },
      };
    },
  },
  program(
    'Python, disciplined',
    ['authorize', 'sync'],
    () => [PYTHON, `${EXAMPLES}/python/disciplined_worker.py`],
    {
      isStopped: true,
    },
  ),
  program('Go, disciplined', ['authorize', 'sync'], () => [join(ROOT, '.cache/go/disciplined')], {
    isStopped: true,
  }),
  program('Python, naive', AUTHORIZE, () => [PYTHON, `${EXAMPLES}/python/naive_worker.py`], {
    readyText: 'ready',
    isStopped: true,
  }),
  program('Go, naive', AUTHORIZE, () => [join(ROOT, '.cache/go/naive')], {
    readyText: 'ready',
    isStopped: true,
  }),
  program('Python, core', AUTHORIZE, () => [PYTHON, `${EXAMPLES}/python/core_worker.py`], {
    readyText: 'ready',
    isStopped: true,
    config: { jetstream_enabled: false },
  }),
];
