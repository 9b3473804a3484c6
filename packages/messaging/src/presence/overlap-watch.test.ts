import { AckPolicy, type ConsumerInfo, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { brokerForTest } from '../testing/broker.js';
import { until } from '../testing/until.js';
import { type Overlap, overlapsOf, watchOverlaps } from './overlap-watch.js';

const consumer = (name: string, filter: string | undefined, changes: Partial<ConsumerInfo> = {}) =>
  ({
    name,
    config: { filter_subject: filter },
    push_bound: false,
    num_waiting: 1,
    num_ack_pending: 0,
    ...changes,
  }) as ConsumerInfo;

describe('overlapping consumers', () => {
  it('are those that are read and have a subject in common', () => {
    const own = consumer('own', 'pay.*.authorize');
    const capture = consumer('capture', 'pay.*.capture');
    const all = consumer('all', undefined);
    expect(overlapsOf([own, capture])).toEqual([]);
    expect(overlapsOf([own, consumer('merchant', 'pay.m.authorize', { num_waiting: 0 })])).toEqual([]);
    expect(overlapsOf([own, capture, all])).toEqual([
      { consumers: ['all', 'capture'], subject: '>' },
      { consumers: ['all', 'own'], subject: '>' },
    ]);
    const pushed = consumer('pushed', 'pay.m.authorize', { num_waiting: 0, push_bound: true });
    expect(overlapsOf([pushed, own])).toEqual([{ consumers: ['own', 'pushed'], subject: 'pay.*.authorize' }]);
  });

  it('are told of once, and again when they had been gone', async () => {
    const { connection } = await brokerForTest();
    const nats = await connection.get();
    const manager = await jetstreamManager(nats);
    await manager.streams.add({ name: 'WORK', subjects: ['work.>'] });
    const told: Overlap[] = [];
    onTestFinished(
      watchOverlaps(connection, { stream: 'WORK', everyMs: 10, onOverlap: (found) => told.push(found) }),
    );
    const read = async (name: string) => {
      await manager.consumers.add('WORK', { durable_name: name, ack_policy: AckPolicy.Explicit });
      const consumer = await jetstream(nats).consumers.get('WORK', name);
      return consumer.consume({ callback: () => {} });
    };
    await read('a');
    await read('b');
    await until('it is told', () => told.length === 1);
    await manager.consumers.delete('WORK', 'b');
    await until('b is gone', async () => (await manager.consumers.list('WORK').next()).length === 1);
    await new Promise((resolve) => setTimeout(resolve, 50)); // some looks
    expect(told).toEqual([{ consumers: ['a', 'b'], subject: '>' }]);
    await read('b');
    await until('it is told again', () => told.length === 2);
  });
});
