import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { headers as natsHeaders } from '@nats-io/nats-core';
import { afterEach, describe, expect, it } from 'vitest';
import { type Connection, createConnection } from '../connection/connection.js';
import { startTestServer } from '../testing/nats-for-tests.js';
import { until } from '../testing/until.js';
import { applyTopology } from '../topology/apply-topology.js';
import { archivedMessage, deleteStored, storedMessage, storedMessages } from './stored-messages.js';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function streams() {
  const server = await startTestServer();
  const connection = createConnection({ servers: server.url });
  closers.push(
    () => server.dispose(),
    () => connection.close(),
  );
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

/** Direct reads from `end` on are answered by a replica that has nothing there yet. */
async function lagging(connection: Connection, end: number): Promise<Connection> {
  const nats = await connection.get();
  nats.subscribe('lagging', {
    callback: (_, question) => void question.respond('', { headers: natsHeaders(404, 'Message Not Found') }),
  });
  const subjectFor = (subject: string, question: string | Uint8Array) => {
    const isDirect = subject.startsWith('$JS.API.DIRECT.GET.');
    const text = typeof question === 'string' ? question : Buffer.from(question).toString();
    return isDirect && JSON.parse(text).seq >= end ? 'lagging' : subject;
  };
  const asked = Object.create(nats, {
    publish: {
      value: (subject: string, question: string, options?: object) =>
        nats.publish(subjectFor(subject, question), question, options),
    },
    request: {
      value: (subject: string, question: string, options?: { timeout: number }) =>
        nats.request(subjectFor(subject, question), question, options),
    },
  });
  return Object.create(connection, {
    current: { get: () => asked },
    get: { value: async () => asked },
  });
}

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

  it('are found in an archive whose replica lags', async () => {
    const { connection, manager, publish } = await streams();
    await publish(4);
    await applyTopology(connection, {
      streams: [{ name: 'ARCHIVE', sources: [{ name: 'WORK' }], allowDirect: true }],
      consumers: [],
    });
    await until('it is copied', async () => (await manager.streams.info('ARCHIVE')).state.messages === 4);
    const behind = await lagging(connection, 4);
    expect(text((await archivedMessage(behind, 'ARCHIVE', 4))?.body)).toBe('3');
  });

  it('are found in an archive by their place in the source, across gaps and a late start', async () => {
    const { connection, manager, publish } = await streams();
    await publish(20);
    for (const seq of [1, 2, 3, 7, 8]) await manager.streams.deleteMessage('WORK', seq);
    await applyTopology(connection, {
      streams: [{ name: 'ARCHIVE', sources: [{ name: 'WORK' }], allowDirect: true }],
      consumers: [],
    });
    await until('it is copied', async () => (await manager.streams.info('ARCHIVE')).state.messages === 15);
    await manager.streams.deleteMessage('ARCHIVE', 9);
    for (const origin of [4, 6, 9, 15, 20])
      expect(text((await archivedMessage(connection, 'ARCHIVE', origin))?.body)).toBe(`${origin - 1}`);
    for (const origin of [1, 7, 8, 21, 500])
      expect(await archivedMessage(connection, 'ARCHIVE', origin)).toBeUndefined();
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
