/** Figures are the server's own: of streams, of their consumers, and what services answer. */
import { AckPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { describe, expect, it } from 'vitest';
import { brokerForFile } from '../testing/broker.js';
import { readServiceStatistics } from './service-statistics.js';
import { readStreamFigures } from './stream-figures.js';

const broker = brokerForFile();

describe('figures of streams', () => {
  it('say how full a stream is and how far its consumers have come', async () => {
    const nats = await broker.connection.get();
    const manager = await jetstreamManager(nats);
    await manager.streams.add({ name: 'WORK', subjects: ['work.>'], max_msgs: 10 });
    await manager.consumers.add('WORK', { durable_name: 'readers', ack_policy: AckPolicy.Explicit });
    for (const body of ['a', 'b']) await jetstream(nats).publish('work.x', body);
    const consumer = await jetstream(nats).consumers.get('WORK', 'readers');
    await (await consumer.next())?.ackAck();
    const inHand = await consumer.next();
    inHand?.nak();
    const again = await consumer.next();
    expect(again?.info.redelivered).toBe(true);
    await jetstream(nats).publish('work.x', 'c');

    const [work, ...others] = await readStreamFigures(broker.connection, ['WORK', 'NOT_THERE']);
    expect(others).toEqual([]);
    expect(work).toMatchObject({
      name: 'WORK',
      messages: 3,
      lastSeq: 3,
      maxMessages: 10,
      maxBytes: undefined,
      replicas: { current: 1, wanted: 1 },
      consumers: [{ name: 'readers', pending: 1, ackPending: 1, redelivered: 1, waiting: 0 }],
    });
    expect(work?.bytes).toBeGreaterThan(0);
  });
});

describe('statistics of services', () => {
  it('are none where nobody answers', async () => {
    expect(await readServiceStatistics(broker.connection, 500)).toEqual([]);
  });

  it('are those of every service that answers, whatever else answers there', async () => {
    const nats = await broker.connection.get();
    const say = (text: string) =>
      nats.subscribe('$SRV.STATS', { callback: (_, message) => void message.respond(text) });
    say(
      JSON.stringify({
        type: 'io.nats.micro.v1.stats_response',
        name: 'stripe',
        id: 'one',
        version: '1.0.0',
        metadata: { capacity: '64', odd: 1 },
        endpoints: [{ name: 'authorize', num_requests: 3, num_errors: 'odd', data: { in_flight: 2 } }, 'odd'],
      }),
    );
    say('not JSON');
    say('{"name":"nameless"}');
    expect(await readServiceStatistics(broker.connection, 500)).toEqual([
      {
        name: 'stripe',
        id: 'one',
        metadata: { capacity: '64' },
        endpoints: [{ name: 'authorize', requests: 3, errors: undefined, data: { in_flight: 2 } }],
      },
    ]);
  });
});
