import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { describe, expect, it } from 'vitest';
import { brokerForTest } from '../testing/broker.js';
import { lagging } from '../testing/lagging-replica.js';
import { applyTopology } from '../topology/apply-topology.js';
import { deleteStored, storedMessage, storedMessages } from './stored-messages.js';

async function streams() {
  const { connection } = await brokerForTest();
  const nats = await connection.get();
  const manager = await jetstreamManager(nats);
  const publish = async (count: number, from = 0) => {
    for (let index = from; index < from + count; index++)
      await jetstream(nats).publish(`work.${index % 2}`, `${index}`);
  };
  await applyTopology(connection, {
    streams: [{ name: 'WORK', subjects: ['work.>'], allowDirect: true }],
    consumers: [],
  });
  return { connection, manager, publish };
}

const text = (body: Uint8Array | undefined) => body && Buffer.from(body).toString();

describe('stored messages', () => {
  it('are read to the end of the leader where a replica that lags answers', async () => {
    const { connection, manager, publish } = await streams();
    await publish(6);
    await manager.streams.deleteMessage('WORK', 5);
    const behind = await lagging(connection, 4);
    const bodies = async (options?: object) => {
      const found: string[] = [];
      for await (const { body } of storedMessages(behind, 'WORK', options)) found.push(text(body) ?? '');
      return found;
    };
    expect(await bodies({ fromSeq: 4 })).toEqual(['3', '5']);
    expect(await bodies({ fromSeq: 4, subject: 'work.1' })).toEqual(['3', '5']);
    expect(await bodies({ fromSeq: 4, subject: 'work.0' })).toEqual([]);
    expect(await bodies({ since: new Date() })).toEqual([]);
  });

  it('are listed oldest first, by subject and time, and taken out one by one', async () => {
    const { connection, publish } = await streams();
    await publish(1_200);
    const bodies = async (options?: object) => {
      const found: string[] = [];
      for await (const { body } of storedMessages(connection, 'WORK', options)) found.push(text(body) ?? '');
      return found;
    };
    expect(await bodies()).toEqual(Array.from({ length: 1_200 }, (_, index) => `${index}`));
    expect(await bodies({ subject: 'work.1' })).toHaveLength(600);
    const since = new Date();
    await publish(3, 1_200);
    expect(await bodies({ since })).toEqual(['1200', '1201', '1202']);
    expect(await deleteStored(connection, 'WORK', 1)).toBe(true);
    expect(await deleteStored(connection, 'WORK', 1)).toBe(false);
    expect(await storedMessage(connection, 'WORK', 1)).toBeUndefined();
    expect((await storedMessage(connection, 'WORK', 2))?.subject).toBe('work.1');
    expect(await bodies({ subject: 'work.none' })).toEqual([]);
  });
});
