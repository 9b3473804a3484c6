import { setTimeout as sleep } from 'node:timers/promises';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { describe, expect, it } from 'vitest';
import { brokerForTest } from '../testing/broker.js';
import { until } from '../testing/until.js';
import { applyTopology } from '../topology/apply-topology.js';
import { hasAllSince, isCaughtUp } from './has-all-since.js';

async function makeStreams() {
  const { connection } = await brokerForTest();
  const nats = await connection.get();
  const { streams } = await jetstreamManager(nats);
  const apply = () =>
    applyTopology(connection, {
      streams: [
        { name: 'WORK', subjects: ['work.>'], allowDirect: true },
        { name: 'ARCHIVE', sources: [{ name: 'WORK' }], maxMsgs: 5, allowDirect: true },
      ],
      consumers: [],
    });
  await apply();
  const messages = async () => (await streams.info('ARCHIVE')).state.last_seq;
  return {
    streams,
    apply,
    publish: async (count: number) => {
      for (let index = 0; index < count; index++) await jetstream(nats).publish('work.a', '');
    },
    copied: (count: number) => until('they are copied', async () => (await messages()) === count),
    hasAllSince: (since: Date) =>
      hasAllSince(connection, { source: 'WORK', archive: 'ARCHIVE', since, clocksMs: 0 }),
    isCaughtUp: () => isCaughtUp(connection, { source: 'WORK', archive: 'ARCHIVE' }),
  };
}

describe('an archive', () => {
  it('has all since a time, be that before or after its first message, or the last', async () => {
    const { hasAllSince, publish } = await makeStreams();
    const beginning = new Date();
    expect(await hasAllSince(beginning)).toBe(true);
    await publish(2);
    expect(await hasAllSince(beginning)).toBe(true);
    const later = new Date();
    expect(await hasAllSince(later)).toBe(true);
    await publish(2);
    expect(await hasAllSince(later)).toBe(true);
  });

  it('is caught up once it has copied what there is, and not while it copies nothing', async () => {
    const { isCaughtUp, publish, streams } = await makeStreams();
    expect(await isCaughtUp()).toBe(true);
    await publish(3);
    expect(await isCaughtUp()).toBe(true);
    await streams.update('ARCHIVE', { sources: [] });
    await publish(1);
    expect(await isCaughtUp()).toBe(false);
    await streams.purge('WORK');
    expect(await isCaughtUp()).toBe(true);
  });

  it('has not all once some were dropped to make room, and has what came after', async () => {
    const { hasAllSince, publish, copied } = await makeStreams();
    const beginning = new Date();
    await publish(4);
    await copied(4);
    await sleep(2); // so that none of them has the same millisecond
    const later = new Date();
    await publish(3);
    await copied(7);
    expect(await hasAllSince(beginning)).toBe(false);
    expect(await hasAllSince(later)).toBe(true);
    await publish(2);
    await copied(9);
    expect(await hasAllSince(later)).toBe(false);
  });

  it('has not all where something left the source before it was copied, or may have', async () => {
    const { streams: manager, apply, hasAllSince, publish, copied } = await makeStreams();
    await publish(1);
    await copied(1);
    const beginning = new Date();
    const { config } = await manager.info('ARCHIVE');
    await manager.update('ARCHIVE', { ...config, sources: [] });
    await publish(2);
    expect(await hasAllSince(beginning)).toBe(false);
    await manager.deleteMessage('WORK', 2);
    await manager.update('ARCHIVE', config);
    await copied(2);
    expect(await hasAllSince(beginning)).toBe(false);
    await manager.delete('WORK');
    await apply();
    expect(await hasAllSince(beginning)).toBe(false);
  });
});
