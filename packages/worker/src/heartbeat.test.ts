import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ackWaitOf } from './heartbeat.js';
import { type Broker, createScene, startBroker } from './testing/scene.js';

let broker: Broker;

beforeAll(async () => {
  broker = await startBroker();
});
afterAll(() => broker.close());

describe('the heartbeat', () => {
  it("follows the consumer's own ack wait, whatever the worker was told", async () => {
    const attempts: number[] = [];
    let finish: () => void = () => {};
    const { worker, send, happened } = await createScene(
      broker,
      {
        authorize: (_, { attempt }) => {
          attempts.push(attempt);
          return new Promise((resolve) => {
            finish = () => resolve({ status: 'success' });
          });
        },
      },
      { consumerAckWaitMs: 600, ackWaitMs: 30_000 },
    );
    await worker.start();
    await send('c1');
    const isOverdue = Date.now() + 1_500;
    await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(isOverdue), { timeout: 5_000, interval: 50 });
    finish();
    await happened('answered');
    expect(attempts).toEqual([1]);
    await worker.stop();
  });

  it('takes an early guess where the consumer cannot be asked', async () => {
    const ackWaitMs = ackWaitOf(broker.connection, { stream: 'NONE', consumer: 'none' });
    expect(await ackWaitMs()).toBeLessThanOrEqual(3_000);
    expect(await ackWaitOf(broker.connection, { stream: 'NONE', consumer: 'none' }, 500)()).toBe(500);
  });
});
