/** The specification's own worker examples, which only `respond`: one payment, one execution, the right answer. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type BridgeUnderTest, startBridge } from './bridge-under-test.js';
import { until } from './until.js';
import { PYTHON, ROOT, startSpecWorker, startWorkerProcess } from './worker-process.js';

const ACK_WAIT_NS = 1_000_000_000;
const PYTHON_EXAMPLES = join(ROOT, 'workers/examples/python');

type Consumer = {
  name: string;
  config: { durable_name?: string; filter_subject?: string; deliver_subject?: string };
  delivered: { consumer_seq: number };
  ack_floor: { consumer_seq: number };
  num_ack_pending: number;
  num_redelivered: number;
};

/** The consumer that the worker made for itself: it is pushed to, the bridge's own are pulled. */
async function consumerOfWorker({ jetstreamApi }: BridgeUnderTest): Promise<Consumer> {
  const { consumers } = await jetstreamApi<{ consumers: Consumer[] }>('CONSUMER.LIST.PAYMENTS');
  const pushed = consumers.filter(({ config }) => config.deliver_subject !== undefined);
  expect(pushed).toHaveLength(1);
  return pushed[0] as Consumer;
}

/** Client libraries ask for 30 s: what is not acknowledged shall come again within this test. */
async function shortenAckWait(bridge: BridgeUnderTest): Promise<void> {
  const { name, config } = await consumerOfWorker(bridge);
  const changed = { ...config, ack_wait: ACK_WAIT_NS };
  await bridge.jetstreamApi(`CONSUMER.CREATE.PAYMENTS.${name}.${config.filter_subject}`, {
    stream_name: 'PAYMENTS',
    config: changed,
    action: 'update',
  });
}

describe.each([
  ['Python', [PYTHON, join(PYTHON_EXAMPLES, 'naive_worker.py')], 'txn_python_'],
  ['Go', [join(ROOT, '.cache/go/naive')], 'txn_go_'],
] as const)('the %s worker of the specification, with JetStream', (_language, command, idPrefix) => {
  it('answers each payment once, and none is ever delivered again', async () => {
    const bridge = await startBridge({ jetstream: { ack_wait: 1_000 } });
    try {
      const worker = await startSpecWorker(command, bridge.url);
      try {
        await shortenAckWait(bridge);
        const attempts = ['att_1', 'att_2', 'att_3'];
        const answers = await Promise.all(attempts.map((attempt) => bridge.authorize(attempt)));
        for (const [index, attempt] of attempts.entries())
          expect(answers[index]).toMatchObject({
            status: 'CHARGED',
            connector_transaction_id: `${idPrefix}${attempt}`,
            status_code: 200,
          });
        const consumer = await until('every delivery to be acknowledged', async () => {
          const info = await consumerOfWorker(bridge);
          return info.num_ack_pending === 0 && info.ack_floor.consumer_seq >= attempts.length
            ? info
            : undefined;
        });
        // What is acknowledged cannot come again, and what came again would have been counted here.
        expect(consumer).toMatchObject({ num_redelivered: 0, delivered: { consumer_seq: attempts.length } });
        expect(worker.executions().sort()).toEqual(attempts);
      } finally {
        await worker.stop();
      }
    } finally {
      await bridge.close();
    }
  });

  it('is not sent a payment again when the same attempt is asked for again', async () => {
    const bridge = await startBridge();
    try {
      const worker = await startSpecWorker(command, bridge.url);
      try {
        const both = await Promise.all([bridge.authorize('att_1'), bridge.authorize('att_1')]);
        for (const answer of both)
          expect(answer).toMatchObject({ status: 'CHARGED', connector_transaction_id: `${idPrefix}att_1` });
        expect(worker.executions()).toEqual(['att_1']);
      } finally {
        await worker.stop();
      }
    } finally {
      await bridge.close();
    }
  });
});

describe('a worker that responds and never acknowledges', () => {
  it('is acknowledged by the bridge, so that its payment is not delivered again', async () => {
    const source = readFileSync(join(PYTHON_EXAMPLES, 'naive_worker.py'), 'utf8');
    const silent = join(mkdtempSync(join(tmpdir(), 'nats-bridge-silent-')), 'worker.py');
    writeFileSync(
      silent,
      source.replace('durable="payment-worker",', 'durable="payment-worker", manual_ack=True,'),
    );
    const bridge = await startBridge();
    try {
      const worker = await startSpecWorker([PYTHON, silent], bridge.url);
      try {
        await shortenAckWait(bridge);
        expect(await bridge.authorize('att_1')).toMatchObject({ status: 'CHARGED' });
        const consumer = await until('the delivery to be acknowledged', async () => {
          const info = await consumerOfWorker(bridge);
          return info.num_ack_pending === 0 && info.ack_floor.consumer_seq >= 1 ? info : undefined;
        });
        expect(consumer).toMatchObject({ num_redelivered: 0, delivered: { consumer_seq: 1 } });
        expect(worker.executions()).toEqual(['att_1']);
      } finally {
        await worker.stop();
      }
    } finally {
      await bridge.close();
    }
  });
});

describe('plain queue subscriptions, without JetStream', () => {
  it('two replicas share the payments, and each is executed once', async () => {
    const bridge = await startBridge({ jetstream_enabled: false });
    const command = [PYTHON, join(PYTHON_EXAMPLES, 'core_worker.py')] as const;
    try {
      const workers = await Promise.all(
        [1, 2].map(() => startWorkerProcess(command, { NATS_URL: bridge.url })),
      );
      try {
        const attempts = Array.from({ length: 10 }, (_, index) => `att_${index}`);
        const answers = await Promise.all(attempts.map((attempt) => bridge.authorize(attempt)));
        for (const [index, attempt] of attempts.entries())
          expect(answers[index]).toMatchObject({
            status: 'CHARGED',
            connector_transaction_id: `txn_core_${attempt}`,
          });
        expect(workers.flatMap((worker) => worker.executions()).sort()).toEqual(attempts);
      } finally {
        await Promise.all(workers.map((worker) => worker.stop()));
      }
    } finally {
      await bridge.close();
    }
  });

  it('without a worker the payment fails at once and nothing was sent', async () => {
    const bridge = await startBridge({ jetstream_enabled: false });
    try {
      expect(await bridge.authorize('att_1')).toMatchObject({
        status: 'FAILURE',
        status_code: 503,
        error: { connector_details: { code: 'NO_WORKERS_AVAILABLE' } },
      });
    } finally {
      await bridge.close();
    }
  });
});
