import { AckPolicy, jetstreamManager } from '@nats-io/jetstream';
import { describe, expect, it, vi } from 'vitest';
import { brokerForFile, createScene } from '../testing/scene.js';
import { ackWaitOf } from './heartbeat.js';

const broker = brokerForFile();

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

  it('holds to what the consumer said last while it cannot be asked, and keeps nobody waiting', async () => {
    const manager = await jetstreamManager(broker.nats);
    await manager.streams.add({ name: 'ASKED', subjects: ['asked.>'] });
    const make = (ackWaitMs: number) =>
      manager.consumers.add('ASKED', {
        durable_name: 'workers',
        ack_policy: AckPolicy.Explicit,
        ack_wait: ackWaitMs * 1_000_000,
      });
    const clock = vi.spyOn(performance, 'now');
    const begunAt = performance.now();
    const later = (minutes: number) => clock.mockReturnValue(begunAt + minutes * 60_000 + 1);
    try {
      const ackWaitMs = ackWaitOf(broker.connection, { stream: 'ASKED', consumer: 'workers' });
      await make(20_000);
      expect(await ackWaitMs()).toBe(20_000);
      await manager.consumers.delete('ASKED', 'workers');
      later(1);
      for (let look = 0; look < 20; look++) {
        expect(await ackWaitMs()).toBe(20_000); // asked anew, and then known to be gone
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      await make(10_000);
      later(3);
      await vi.waitFor(async () => expect(await ackWaitMs()).toBe(10_000), { timeout: 10_000 });
    } finally {
      clock.mockRestore();
      await manager.streams.delete('ASKED');
    }
  });

  it('takes an early guess where the consumer cannot be asked', async () => {
    const ackWaitMs = ackWaitOf(broker.connection, { stream: 'NONE', consumer: 'none' });
    expect(await ackWaitMs()).toBeLessThanOrEqual(3_000);
    expect(await ackWaitOf(broker.connection, { stream: 'NONE', consumer: 'none' }, 500)()).toBe(500);
  });
});
