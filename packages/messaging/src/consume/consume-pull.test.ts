import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Connection } from '../connection/connection.js';
import { brokerForTest } from '../testing/broker.js';
import { unreadPublisher } from '../testing/publish-unread.js';
import { until } from '../testing/until.js';
import { applyTopology } from '../topology/apply-topology.js';
import { type ConsumePullOptions, consumePull } from './consume-pull.js';

async function broker() {
  const { server, connection } = await brokerForTest();
  const makeConsumer = (ackWaitMs = 1_000) =>
    applyTopology(connection, {
      streams: [{ name: 'WORK', subjects: ['work.>'] }],
      consumers: [{ stream: 'WORK', name: 'workers', filterSubject: 'work.>', ackWaitMs }],
    });
  const publish = async (count: number) => {
    const js = jetstream(await connection.get());
    for (let index = 0; index < count; index++) await js.publish('work.item', `${index}`);
  };
  const info = async () => (await jetstreamManager(await connection.get())).consumers.info('WORK', 'workers');
  return { url: server.url, connection, makeConsumer, publish, info };
}

/** Whose subscriptions, when one of them is drained, have a message on their way that nobody has read. */
async function drainingLate(connection: Connection, url: string): Promise<Connection> {
  const nats = await connection.get();
  const publishUnread = await unreadPublisher(url);
  const subscribe: NatsConnection['subscribe'] = (subject, options) => {
    const subscription = nats.subscribe(subject, options);
    const drain = subscription.drain.bind(subscription);
    subscription.drain = async () => {
      await publishUnread('work.item', 'late');
      return drain();
    };
    return subscription;
  };
  const watched = Object.create(nats, { subscribe: { value: subscribe } });
  return Object.create(connection, {
    current: { get: () => watched },
    get: { value: async () => watched },
  });
}

function read(connection: Connection, options: Partial<ConsumePullOptions>) {
  const reader = consumePull(connection, {
    stream: 'WORK',
    consumer: 'workers',
    maxInFlight: 1,
    onMessage: async (message) => message.ack(),
    ...options,
  });
  onTestFinished(() => reader.drain());
  return reader;
}

describe('reading a pull consumer', () => {
  it('holds no message that it has not begun: none outlives its ack wait in a buffer', async () => {
    const { connection, makeConsumer, publish, info } = await broker();
    await makeConsumer(1_000);
    await publish(6);
    const runs: number[] = [];
    read(connection, {
      maxInFlight: 2,
      // Two at a time for 0.6 s each: the last begin after 1.2 s, and would have waited past the ack wait.
      onMessage: async (message) => {
        runs.push(message.seq);
        const beat = setInterval(() => message.working(), 200);
        await new Promise((resolve) => setTimeout(resolve, 600));
        clearInterval(beat);
        message.ack();
      },
    });
    await until('all were acknowledged', async () => (await info()).ack_floor.stream_seq === 6);
    expect(runs.toSorted()).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('never has more in hand than it may', async () => {
    const { connection, makeConsumer, publish, info } = await broker();
    await makeConsumer();
    await publish(50);
    let most = 0;
    let now = 0;
    read(connection, {
      maxInFlight: 5,
      onMessage: async (message) => {
        most = Math.max(most, ++now);
        await new Promise((resolve) => setTimeout(resolve, 5));
        now--;
        message.ack();
      },
    });
    await until('all were acknowledged', async () => (await info()).ack_floor.stream_seq === 50);
    expect(most).toBe(5);
  });

  it('lets others have what it leaves behind, at once', async () => {
    const { connection, makeConsumer, publish, info } = await broker();
    await makeConsumer(30_000);
    const release: (() => void)[] = [];
    const first = read(connection, {
      maxInFlight: 3,
      onMessage: (message) =>
        new Promise((resolve) => {
          release.push(() => {
            message.ack();
            resolve();
          });
        }),
    });
    await publish(8);
    await until('three are in hand', () => release.length === 3);
    const drained = first.drain();
    const others: number[] = [];
    read(connection, {
      onMessage: async (message) => {
        others.push(message.seq);
        message.ack();
      },
    });
    await until('the rest went elsewhere', () => others.length === 5);
    for (const done of release) done();
    await drained;
    expect(first.inFlight).toBe(0);
    await until('nothing is left', async () => (await info()).num_ack_pending === 0);
  });

  it('gives back what comes while it drains for a moment, in which others that drain are gone', async () => {
    const { url, connection, makeConsumer, info } = await broker();
    await makeConsumer(30_000);
    const given: string[] = [];
    const nats = await connection.get();
    nats.subscribe('$JS.ACK.WORK.workers.>', { callback: (_, message) => void given.push(message.string()) });
    const draining = read(await drainingLate(connection, url), {});
    await until('it waits', async () => (await info()).num_waiting === 1);
    await draining.drain();
    await until('it gave it back', () => given.length > 0);
    expect(given).toEqual(['-NAK {"delay":100000000}']);
    const taken: number[] = [];
    read(connection, {
      onMessage: async (message) => {
        taken.push(message.deliveryCount);
        message.ack();
      },
    });
    await until('another took it', () => taken.length > 0);
    expect(taken).toEqual([2]);
  });

  it('waits for a consumer that is not there yet, says so, and then that it can be read', async () => {
    const { connection, makeConsumer, publish } = await broker();
    const errors: unknown[] = [];
    const seen: number[] = [];
    let readings = 0;
    read(connection, {
      onError: (error) => errors.push(error),
      onRead: () => readings++,
      onMessage: async (message) => {
        seen.push(message.seq);
        message.ack();
      },
    });
    await until('it said so', () => errors.length > 0);
    expect(readings).toBe(0);
    await makeConsumer();
    await publish(1);
    await until('it reads', () => seen.length === 1);
    expect(readings).toBeGreaterThan(0);
  });

  it('looks for a consumer that was deleted with pauses that grow, and reads on when it is made anew', async () => {
    const { connection, makeConsumer, publish } = await broker();
    await makeConsumer();
    const errors: unknown[] = [];
    let taken = 0;
    read(connection, {
      onMessage: async (message) => {
        taken++;
        message.ack();
      },
      onError: (error) => errors.push(error),
    });
    await publish(1);
    await until('it reads', () => taken === 1);
    const manager = await jetstreamManager(await connection.get());
    await manager.consumers.delete('WORK', 'workers');
    await until('it has missed it three times', () => errors.length >= 3);
    // Without a pause it would be thousands by now.
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(errors.length).toBeLessThan(10);
    await makeConsumer();
    await until('it reads on', () => taken === 2);
  });

  it('reads on after it has stepped back, also where its last message came meanwhile', async () => {
    const { url, connection, makeConsumer, publish, info } = await broker();
    await makeConsumer();
    const taken: string[] = [];
    const reader = read(await drainingLate(connection, url), {
      onMessage: async (message) => {
        taken.push(Buffer.from(message.data).toString());
        message.ack();
      },
    });
    const elsewhere = read(connection, {});
    await until('both wait', async () => (await info()).num_waiting === 2);
    reader.stepBack(0);
    await until('it has stepped back', async () => (await info()).num_waiting === 1);
    await until('it waits again', async () => (await info()).num_waiting === 2);
    await elsewhere.drain();
    await publish(1);
    await until('it reads on', () => taken.includes('0'));
  });

  it('can be drained while it waits for a consumer', async () => {
    const { connection } = await broker();
    const errors: unknown[] = [];
    const reader = read(connection, { onError: (error) => errors.push(error) });
    await until('it said so', () => errors.length > 0);
    await reader.drain();
    expect(reader.inFlight).toBe(0);
  });
});
