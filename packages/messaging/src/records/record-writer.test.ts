import { jetstreamManager } from '@nats-io/jetstream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { brokerForTest } from '../testing/broker.js';
import { lastMessage } from './last-message.js';
import { createRecordWriter } from './record-writer.js';

async function writerOn(subjects: string[], timeoutMs?: number) {
  const { connection } = await brokerForTest();
  const writer = createRecordWriter(connection, { timeoutMs });
  onTestFinished(() => writer.close());
  const manager = await jetstreamManager(await connection.get());
  await manager.streams.add({ name: 'RECORDS', subjects, allow_direct: true, max_msg_size: 1_000 });
  return { connection, writer };
}

describe('a record writer', () => {
  it('resolves when the stream has confirmed, with the place of each record', async () => {
    const { connection, writer } = await writerOn(['records.>']);
    const acks = await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        writer.write(`records.${index}`, Buffer.from(`${index}`), { 'X-Index': `${index}` }),
      ),
    );
    expect(acks.map(({ seq }) => seq)).toEqual(Array.from({ length: 200 }, (_, index) => index + 1));
    const record = await lastMessage(connection, 'RECORDS', 'records.7');
    expect([Buffer.from(record?.body ?? []).toString(), record?.headers['X-Index']]).toEqual(['7', '7']);
  });

  it('says that no stream keeps the subject', async () => {
    const { writer } = await writerOn(['records.>']);
    await expect(writer.write('elsewhere.1', Buffer.from('x'), {})).rejects.toMatchObject({
      code: 'STORE_REFUSED',
      natsCode: 503,
    });
  });

  it("gives the stream's own reason when it refuses", async () => {
    const { writer } = await writerOn(['records.>']);
    await expect(writer.write('records.1', Buffer.alloc(2_000), {})).rejects.toThrow(
      /message size exceeds maximum allowed/,
    );
  });

  it('gives up when nobody confirms', async () => {
    const { connection, writer } = await writerOn(['records.>'], 200);
    // A subscriber without a stream: the message arrives somewhere and is stored nowhere.
    (await connection.get()).subscribe('void.>', { callback: () => {} });
    await expect(writer.write('void.1', Buffer.from('x'), {})).rejects.toMatchObject({
      code: 'STORE_UNCONFIRMED',
    });
  });

  it('leaves nobody waiting when it is closed', async () => {
    const { connection, writer } = await writerOn(['records.>'], 60_000);
    (await connection.get()).subscribe('void.>', { callback: () => writer.close() });
    await expect(writer.write('void.1', Buffer.from('x'), {})).rejects.toMatchObject({
      code: 'STORE_UNCONFIRMED',
    });
  });
});
