import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { brokerForFile } from '../testing/broker.js';
import { until } from '../testing/until.js';
import { applyTopology } from '../topology/apply-topology.js';
import { type ConsumePullOptions, consumePull } from './consume-pull.js';

const broker = brokerForFile();

let streams = 0;

/** A stream with one consumer, and readers that count what they get. */
async function scene(prioritized = false) {
  const stream = `S${++streams}`;
  const prepare = (prioritized: boolean) =>
    applyTopology(broker.connection, {
      streams: [{ name: stream, subjects: [`${stream}.>`] }],
      consumers: [{ stream, name: 'workers', prioritized }],
    });
  await prepare(prioritized);
  const manager = await jetstreamManager(await broker.connection.get());
  const info = () => manager.consumers.info(stream, 'workers');
  return {
    prepare,
    info,
    untilWaiting: (orders: number) =>
      until(`${orders} orders to be open`, async () => (await info()).num_waiting === orders),
    read(options: Partial<ConsumePullOptions>) {
      const seen: number[] = [];
      const errors: unknown[] = [];
      const reader = consumePull(broker.connection, {
        stream,
        consumer: 'workers',
        maxInFlight: 60,
        onMessage: async (message) => {
          seen.push(message.seq);
          message.ack();
        },
        onError: (error) => errors.push(error),
        ...options,
      });
      onTestFinished(() => reader.drain());
      return { reader, seen, errors };
    },
    /** One after the other, each when the one before was acknowledged: a light load. */
    async publish(count: number) {
      const js = jetstream(await broker.connection.get());
      for (let index = 0; index < count; index++) {
        const { seq } = await js.publish(`${stream}.item`);
        await until(`${seq} to be acknowledged`, async () => (await info()).ack_floor.stream_seq >= seq);
      }
    },
  };
}

describe('readers with weights', () => {
  it('are given messages in proportion', async () => {
    const { read, publish, untilWaiting } = await scene();
    const heavy = read({ weight: 6 });
    const light = read({ weight: 2 });
    await untilWaiting(8);
    await publish(400);
    const share = heavy.seen.length / 400;
    expect(heavy.seen.length + light.seen.length).toBe(400);
    // Three quarters, as against a half of readers that are alike.
    expect(share).toBeGreaterThan(0.65);
    expect(share).toBeLessThan(0.85);
  });

  it('use every place they have, and no more', async () => {
    const { read, publish, info } = await scene();
    let most = 0;
    const inHand: (() => void)[] = [];
    const { reader } = read({
      maxInFlight: 7,
      weight: 3,
      onMessage: (message) =>
        new Promise((resolve) => {
          most = Math.max(most, inHand.length + 1);
          inHand.push(() => {
            message.ack();
            resolve();
          });
        }),
    });
    void publish(1).catch(() => {});
    const js = jetstream(await broker.connection.get());
    const { stream_name } = await info();
    for (let index = 0; index < 20; index++) await js.publish(`${stream_name}.more`);
    await until('all places to be taken', () => inHand.length === 7);
    expect(reader.inFlight).toBe(7);
    expect((await info()).num_ack_pending).toBe(7);
    await until('the rest to be handled', async () => {
      for (const done of inHand.splice(0)) done();
      return (await info()).ack_floor.stream_seq === 21;
    });
    expect(most).toBeLessThanOrEqual(7);
  });
});

describe('readers with priorities', () => {
  it('get a message where none of a lower number waits, and again none when one is back', async () => {
    const { read, publish, untilWaiting } = await scene(true);
    const backup = read({ weight: 1, priority: 1 });
    const first = read({ weight: 1 });
    await untilWaiting(2);
    await publish(20);
    expect(backup.seen).toEqual([]);
    await first.reader.drain();
    await publish(5);
    expect(backup.seen).toHaveLength(5);
    const back = read({ weight: 1 });
    await untilWaiting(2);
    await publish(20);
    expect(back.seen).toHaveLength(20);
    expect(backup.seen).toHaveLength(5);
  });

  it('take nothing from a consumer that knows none, say so, and begin when it does', async () => {
    const { read, publish, prepare, untilWaiting } = await scene();
    const backup = read({ priority: 1 });
    const first = read({ weight: 1 });
    await until('it to say so', () => backup.errors.length > 0);
    expect(backup.errors[0]).toMatchObject({
      code: 'PRIORITIES_MISSING',
      message: expect.stringMatching(/consumer workers has no priorities.*backup_workers.*2\.12/),
    });
    await first.reader.drain();
    expect(await Promise.race([backup.reader.found.then(() => 'found'), 'not yet'])).toBe('not yet');
    const [, change] = await prepare(true);
    expect(change).toMatchObject({ action: 'updated' });
    // It stays so, also for a bridge that does not ask for it.
    for (const wanted of [true, false])
      expect((await prepare(wanted))[1]).toMatchObject({ action: 'unchanged' });
    await backup.reader.found;
    await untilWaiting(1);
    await publish(3);
    expect(backup.seen).toHaveLength(3);
  });

  it('come to a consumer under readers that had read it before, who lose nothing', async () => {
    const { read, publish, prepare } = await scene();
    const reader = read({ maxInFlight: 2 });
    await publish(3);
    await prepare(true);
    await publish(10);
    expect(reader.seen.toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 13 }, (_, index) => index + 1),
    );
  });
});
