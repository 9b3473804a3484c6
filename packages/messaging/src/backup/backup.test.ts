/** A stream out of a real server and back: the same messages, sequences, times and consumers. */
import { createHash } from 'node:crypto';
import { AckPolicy, type JetStreamManager, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { beforeAll, describe, expect, it } from 'vitest';
import { storedMessages } from '../stored/stored-messages.js';
import { brokerForFile } from '../testing/broker.js';
import { restoreStream } from './restore-stream.js';
import { saveStream } from './save-stream.js';

const broker = brokerForFile();
let manager: JetStreamManager;

beforeAll(async () => {
  manager = await jetstreamManager(await broker.connection.get());
});

/** Of so many messages, of which the third was deleted and the first is acknowledged. */
async function streamWith(name: string, messages: number): Promise<void> {
  await manager.streams.add({ name, subjects: [`${name}.>`], allow_direct: true });
  const stream = jetstream(await broker.connection.get());
  const body = new Uint8Array(20_000).map((_, index) => (index * 7919) % 251);
  for (let number = 1; number <= messages; number++) await stream.publish(`${name}.${number}`, body);
  await manager.streams.deleteMessage(name, 3);
  await manager.consumers.add(name, { durable_name: 'reader', ack_policy: AckPolicy.Explicit });
  const reader = await stream.consumers.get(name, 'reader');
  await (await reader.next())?.ackAck();
}

async function save(name: string, withConsumers: boolean) {
  const parts: Uint8Array[] = [];
  const write = async (part: Uint8Array) => parts.push(part);
  return { about: await saveStream(broker.connection, name, { write, withConsumers }), parts };
}

async function contentOf(name: string) {
  const found = [];
  for await (const { subject, seq, storedAt, body } of storedMessages(broker.connection, name))
    found.push({ subject, seq, storedAt, body: createHash('sha256').update(body).digest('hex') });
  return found;
}

describe('a stream that was saved', () => {
  it.each([
    ['with its consumers, where they are wanted', true],
    ['without its consumers otherwise', false],
  ])('comes back message by message, %s', async (_, withConsumers) => {
    const name = withConsumers ? 'WITH' : 'WITHOUT';
    await streamWith(name, 60); // more than a server sends before it is told that they came
    const before = await contentOf(name);
    const { about, parts } = await save(name, withConsumers);
    expect(about).toMatchObject({ config: { name }, state: { messages: 59, last_seq: 60 } });
    await manager.streams.delete(name);
    expect(await restoreStream(broker.connection, about, () => parts)).toEqual([]);
    expect(await contentOf(name)).toEqual(before);
    const consumers = await manager.consumers.list(name).next();
    expect(consumers.map((one) => [one.name, one.ack_floor.stream_seq])).toEqual(
      withConsumers ? [['reader', 1]] : [],
    );
  });

  it('says how many of its messages did not come back', async () => {
    await streamWith('FEWER', 4);
    const { about, parts } = await save('FEWER', false);
    await manager.streams.delete('FEWER');
    const more = { ...about, state: { ...about.state, messages: 5 } };
    expect(await restoreStream(broker.connection, more, () => parts)).toEqual([
      expect.stringMatching(/^2 of 5 messages did not come back/),
    ]);
  });

  it('is put over nothing that is there', async () => {
    await streamWith('THERE', 4);
    const { about, parts } = await save('THERE', false);
    await expect(restoreStream(broker.connection, about, () => parts)).rejects.toThrow(/already in use/);
    expect(await contentOf('THERE')).toHaveLength(3);
  });

  it('has fewer replicas where there are fewer servers, and says so', async () => {
    await streamWith('REPLICAS', 4);
    const { about, parts } = await save('REPLICAS', false);
    await manager.streams.delete('REPLICAS');
    const three = { ...about, config: { ...about.config, num_replicas: 3 } };
    expect(await restoreStream(broker.connection, three, () => parts)).toEqual([
      '1 of 3 replicas: the cluster has no more servers',
    ]);
    expect((await manager.streams.info('REPLICAS')).config.num_replicas).toBe(1);
  });

  it('does not come back broken: the server refuses the archive, and there is no stream', async () => {
    await streamWith('BROKEN', 4);
    const { about, parts } = await save('BROKEN', false);
    await manager.streams.delete('BROKEN');
    const broken = Buffer.concat(parts);
    broken[broken.length >> 1] = (broken[broken.length >> 1] ?? 0) ^ 1;
    await expect(restoreStream(broker.connection, about, () => [broken.subarray(0, 60_000)])).rejects.toThrow(
      /restore failed/,
    );
    await expect(manager.streams.info('BROKEN')).rejects.toThrow(/stream not found/);
  });
});

it('says that there is no such stream', async () => {
  await expect(save('NOWHERE', false)).rejects.toThrow(/stream not found/);
});

it('gives up when what comes cannot be written down', async () => {
  await streamWith('FULL', 30);
  const write = () => Promise.reject(new Error('no space left on device'));
  await expect(saveStream(broker.connection, 'FULL', { write })).rejects.toThrow(/no space left/);
});
