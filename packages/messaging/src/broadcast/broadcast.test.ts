import { describe, expect, it } from 'vitest';
import { connectionForTest, serverForTest } from '../testing/broker.js';
import { until } from '../testing/until.js';
import { type Broadcast, createBroadcast } from './broadcast.js';

async function member(url: string, name: string) {
  const connection = connectionForTest(url, { reconnectBackoff: { initialMs: 10, maxMs: 20 } });
  const heard: unknown[] = [];
  const errors: Error[] = [];
  const broadcast: Broadcast = createBroadcast(connection, {
    subject: `group.${name}`,
    pattern: 'group.*',
    hear: (body) => {
      if (body === 'wrong') throw new Error('I cannot read that');
      heard.push(body);
    },
    onError: (error) => errors.push(error),
  });
  const nats = await connection.get();
  await nats.flush();
  return { connection, nats, broadcast, heard, errors };
}

describe('a broadcast', () => {
  it('is heard by the others, also after NATS was away, and not by whoever told', async () => {
    const server = await serverForTest();
    const [one, other] = [await member(server.url, 'one'), await member(server.url, 'other')];
    one.broadcast.tell({ count: 1 });
    await until('it is heard', () => other.heard.length === 1);
    await server.kill();
    await until('it is noticed', () => one.connection.current === undefined);
    one.broadcast.tell({ count: 2 });
    await server.restart();
    await Promise.all(
      [one, other].map(({ connection }) =>
        connection.whenConnected({ deadlineAt: Date.now() + 10_000 }).then((nats) => nats.flush()),
      ),
    );
    one.broadcast.tell({ count: 3 });
    await until('it is heard again', () => other.heard.length === 2);
    expect(other.heard).toEqual([{ count: 1 }, { count: 3 }]);
    expect(one.heard).toEqual([]);
  });

  it('reports what it cannot read, and goes on', async () => {
    const server = await serverForTest();
    const { nats, broadcast, heard, errors } = await member(server.url, 'one');
    for (const body of ['{', '"wrong"', '"right"']) nats.publish('group.other', body);
    await until('the last is heard', () => heard.length === 1);
    expect(errors.map(({ message }) => message)).toEqual([
      expect.stringContaining('JSON'),
      'I cannot read that',
    ]);
    broadcast.tell('x'.repeat(nats.info?.max_payload ?? 0));
    expect(errors.splice(2).map(({ message }) => message)).toEqual([expect.stringMatching(/payload/i)]);
    broadcast.close();
    nats.publish('group.other', '"after"');
    await nats.flush();
    expect(heard).toEqual(['right']);
  });
});
