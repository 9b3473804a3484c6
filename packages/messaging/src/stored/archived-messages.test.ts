import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { describe, expect, it } from 'vitest';
import { brokerForTest } from '../testing/broker.js';
import { lagging } from '../testing/lagging-replica.js';
import { until } from '../testing/until.js';
import { applyTopology } from '../topology/apply-topology.js';
import { archivedMessage, archivedMessages } from './archived-messages.js';

async function streams() {
  const { connection } = await brokerForTest();
  const nats = await connection.get();
  const manager = await jetstreamManager(nats);
  const work = { name: 'WORK', subjects: ['work.>'], allowDirect: true };
  const archive = { name: 'ARCHIVE', sources: [{ name: 'WORK' }], allowDirect: true };
  await applyTopology(connection, { streams: [work], consumers: [] });
  return {
    connection,
    manager,
    publish: async (count: number, from = 0, behind = '') => {
      for (let index = from; index < from + count; index++)
        await jetstream(nats).publish('work.a', `${index}${behind}`);
    },
    /** Makes the archive. @param count how many are to be in it */
    copy: async (count: number) => {
      await applyTopology(connection, { streams: [archive], consumers: [] });
      await until(
        'all are copied',
        async () => (await manager.streams.info('ARCHIVE')).state.messages === count,
      );
    },
  };
}

const text = (body: Uint8Array | undefined) => body && Buffer.from(body).toString();

describe('archived messages', () => {
  it('are found where a replica lags', async () => {
    const { connection, publish, copy } = await streams();
    await publish(4);
    await copy(4);
    const behind = await lagging(connection, 4);
    expect(text((await archivedMessage(behind, 'ARCHIVE', 4))?.body)).toBe('3');
  });

  it('are found by their place in the source, across gaps and a late start', async () => {
    const { connection, manager, publish, copy } = await streams();
    await publish(20);
    for (const seq of [1, 2, 3, 7, 8]) await manager.streams.deleteMessage('WORK', seq);
    await copy(15);
    await manager.streams.deleteMessage('ARCHIVE', 9);
    for (const origin of [4, 6, 9, 15, 20])
      expect(text((await archivedMessage(connection, 'ARCHIVE', origin))?.body)).toBe(`${origin - 1}`);
    for (const origin of [1, 7, 8, 21, 500])
      expect(await archivedMessage(connection, 'ARCHIVE', origin)).toBeUndefined();
  });

  it('are found together, whether they stand near or far, and without those that are gone', async () => {
    const { connection, manager, publish, copy } = await streams();
    await publish(1_200);
    for (const seq of [1, 2, 3, 500]) await manager.streams.deleteMessage('WORK', seq);
    await copy(1_196);
    await manager.streams.deleteMessage('ARCHIVE', 20);
    const read = async (...origins: number[]) =>
      Object.fromEntries(
        [...(await archivedMessages(connection, 'ARCHIVE', origins))].map(([seq, { body }]) => [
          seq,
          text(body),
        ]),
      );
    expect(await read()).toEqual({});
    expect(await read(1_200, 4, 5, 700, 9)).toEqual({ 4: '3', 5: '4', 9: '8', 700: '699', 1200: '1199' });
    expect(await read(2, 23, 24, 500, 501, 5_000)).toEqual({ 24: '23', 501: '500' });
    expect(await read(1, 2)).toEqual({});
    const all = Array.from({ length: 1_200 }, (_, index) => index + 1);
    expect(Object.keys(await read(...all))).toHaveLength(1_195);
  });

  it('are read in steps where their bodies are large', async () => {
    const { connection, publish, copy } = await streams();
    const large = 'x'.repeat(900_000);
    await publish(20, 0, large);
    await copy(20);
    const all = Array.from({ length: 20 }, (_, index) => index + 1);
    expect([...(await archivedMessages(connection, 'ARCHIVE', all)).keys()]).toEqual(all);
  });
});
