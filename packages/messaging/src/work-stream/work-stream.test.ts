import { AckPolicy, type JetStreamManager, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { type NatsConnection, headers as natsHeaders, type Payload } from '@nats-io/nats-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Connection } from '../connection/connection.js';
import { brokerForTest } from '../testing/broker.js';
import { until } from '../testing/until.js';
import { applyTopology } from '../topology/apply-topology.js';
import { createWorkStream } from './work-stream.js';

type Listed = { readonly consumers: readonly { readonly name: string }[] };

type Request = NatsConnection['request'];

/** A server that is asked in another way. */
async function asking(connection: Connection, ask: (request: Request) => Request): Promise<Connection> {
  const nats = await connection.get();
  const asked = Object.create(nats, { request: { value: ask(nats.request.bind(nats)) } });
  return Object.create(connection, {
    current: { get: () => asked },
    get: { value: async () => asked },
  });
}

/** A server that lists consumers so, as one of a cluster does while another is away. */
function listing(connection: Connection, change: (list: Listed) => object): Promise<Connection> {
  return asking(connection, (request) => async (subject, ...question) => {
    const reply = await request(subject, ...question);
    if (!subject.startsWith('$JS.API.CONSUMER.LIST.')) return reply;
    const text = JSON.stringify(change(reply.json<Listed>()));
    return Object.create(reply, {
      json: { value: () => JSON.parse(text) },
      data: { value: Buffer.from(text) },
    });
  });
}

/** A server that does not delete this message. */
function keeping(connection: Connection, seq: number): Promise<Connection> {
  return asking(connection, (request) => (subject, payload, options) => {
    const isMeant =
      subject.startsWith('$JS.API.STREAM.MSG.DELETE.') && JSON.parse(textOf(payload)).seq === seq;
    return request(isMeant ? '$JS.API.STREAM.MSG.DELETE.NO_SUCH_STREAM' : subject, payload, options);
  });
}

const textOf = (payload: Payload = '') =>
  typeof payload === 'string' ? payload : Buffer.from(payload).toString();

async function workStream() {
  const { connection } = await brokerForTest();
  await applyTopology(connection, {
    streams: [
      { name: 'WORK', subjects: ['work.>'], allowMsgTtl: true },
      { name: 'ARCHIVE', sources: [{ name: 'WORK' }], allowDirect: true },
    ],
    consumers: ['a', 'b'].map((name) => ({ stream: 'WORK', name, filterSubject: `work.*.${name}` })),
  });
  const errors: Error[] = [];
  const stream = createWorkStream(connection, {
    stream: 'WORK',
    archive: 'ARCHIVE',
    sweepMs: 20,
    onError: (error) => errors.push(error),
  });
  onTestFinished(() => stream.close());
  const nats = await connection.get();
  const jsm = await jetstreamManager(nats);
  const js = jetstream(nats);
  return {
    connection,
    stream,
    jsm,
    errors,
    publish: async (subject: string, ttl?: string) => {
      const headers = natsHeaders();
      if (ttl !== undefined) headers.set('Nats-TTL', ttl);
      return (await js.publish(subject, 'x', { headers })).seq;
    },
    take: async (consumer: string) => {
      const message = await (await js.consumers.get('WORK', consumer)).next({ expires: 2_000 });
      if (message === null) throw new Error('nothing came');
      return message;
    },
  };
}

const sent = (subject: string, seq: number) => ({ subject, seq, sentAt: Date.now() });

const left = async (jsm: JetStreamManager, stream: string) => (await jsm.streams.info(stream)).state.messages;

describe('the work stream', () => {
  it('lets go of what was acknowledged once the archive has it, and of nothing else', async () => {
    const { stream, jsm, publish, take } = await workStream();
    for (const subject of ['work.m.a', 'work.m.b', 'work.m.a', 'work.m.a']) await publish(subject);
    await (await take('a')).ackAck();
    await (await take('a')).ackAck();
    stream.used('a');
    await until('two left', async () => (await left(jsm, 'WORK')) === 2);
    expect((await jsm.streams.getMessage('WORK', { seq: 2 }))?.subject).toBe('work.m.b');
    expect((await jsm.streams.getMessage('WORK', { seq: 4 }))?.subject).toBe('work.m.a');
    await until('all are archived', async () => (await left(jsm, 'ARCHIVE')) === 4);
  });

  it('leaves nothing of the past to a consumer that begins with everything', async () => {
    const { stream, jsm, publish, take } = await workStream();
    await publish('work.m.a');
    await (await take('a')).ackAck();
    stream.used('a');
    await until('none left', async () => (await left(jsm, 'WORK')) === 0);
    await jsm.consumers.add('WORK', { durable_name: 'fresh', ack_policy: AckPolicy.Explicit });
    expect((await jsm.consumers.info('WORK', 'fresh')).num_pending).toBe(0);
  });

  it('lets go of single requests that were answered in another way', async () => {
    const { stream, jsm, publish } = await workStream();
    await publish('work.m.a');
    stream.settled(await publish('work.m.a'));
    await until('one left', async () => (await left(jsm, 'WORK')) === 1);
  });

  it('takes back what no consumer had got, and says so', async () => {
    const { stream, jsm, publish, take } = await workStream();
    await publish('work.m.a');
    const second = await publish('work.m.a');
    await take('a');
    expect(await stream.takeBack(sent('work.m.a', second), [])).toBe(true);
    expect(await left(jsm, 'WORK')).toBe(1);
    expect(await stream.takeBack(sent('work.m.a', 1), [])).toBe(false);
    // The other consumer does not concern itself with this subject.
    expect(await stream.takeBack(sent('work.m.b', await publish('work.m.b')), [])).toBe(true);
  });

  it('takes back nothing that a consumer may have got that is gone, or was made again under its name', async () => {
    const { stream, jsm, publish } = await workStream();
    const seq = await publish('work.m.a');
    const first = await jsm.consumers.info('WORK', 'a');
    const config = { durable_name: 'a', ack_policy: AckPolicy.Explicit, filter_subject: 'work.*.a' };
    await jsm.consumers.delete('WORK', 'a');
    expect(await stream.takeBack(sent('work.m.a', seq), [first])).toBe(false);
    const second = await jsm.consumers.add('WORK', config);
    expect(await stream.takeBack(sent('work.m.a', seq), [first])).toBe(false);
    expect(await left(jsm, 'WORK')).toBe(1);
    expect(await stream.takeBack(sent('work.m.a', seq), [second])).toBe(true);
  });

  it.each<[string, (list: Listed) => object]>([
    [
      'leaves out, because its server does not answer',
      ({ consumers, ...list }) => ({
        ...list,
        consumers: consumers.filter(({ name }) => name !== 'a'),
        missing: ['a'],
      }),
    ],
    [
      'lists as if it had delivered nothing, because its server is gone',
      ({ consumers, ...list }) => ({
        ...list,
        consumers: consumers.map((one) =>
          one.name === 'a' ? { ...one, name: '', delivered: { stream_seq: 0, consumer_seq: 0 } } : one,
        ),
        missing: ['a'],
      }),
    ],
  ])('takes back nothing that a consumer may have got which the server %s', async (_why, change) => {
    const { connection, jsm, publish, take } = await workStream();
    const stream = createWorkStream(await listing(connection, change), {
      stream: 'WORK',
      archive: 'ARCHIVE',
    });
    onTestFinished(() => stream.close());
    const seq = await publish('work.m.a');
    await take('a');
    expect(await stream.takeBack(sent('work.m.a', seq), [])).toBe(false);
    expect(await left(jsm, 'WORK')).toBe(1);
  });

  it('takes back nothing once another leads a consumer: what it delivered may have gone with the one before', async () => {
    const { connection, jsm, publish } = await workStream();
    let leader = 'one';
    const stream = createWorkStream(
      await listing(connection, ({ consumers }) => ({
        consumers: consumers.map((consumer) => ({ ...consumer, cluster: { leader } })),
      })),
      { stream: 'WORK', archive: 'ARCHIVE' },
    );
    onTestFinished(() => stream.close());
    const seq = await publish('work.m.a');
    const known = { ...(await jsm.consumers.info('WORK', 'a')), cluster: { leader } };
    leader = 'another';
    expect(await stream.takeBack(sent('work.m.a', seq), [known])).toBe(false);
    expect(await left(jsm, 'WORK')).toBe(1);
    leader = 'one';
    expect(await stream.takeBack(sent('work.m.a', seq), [known])).toBe(true);
  });

  it('says of nothing that it has left when the server did not delete it', async () => {
    const { stream, jsm, errors, publish } = await workStream();
    const seq = await publish('work.m.a');
    await jsm.streams.update('WORK', { deny_delete: true });
    await expect(stream.takeBack(sent('work.m.a', seq), [])).rejects.toThrow();
    stream.settled(seq);
    await until('it is tried again and again', () => errors.length >= 2);
    expect(await left(jsm, 'WORK')).toBe(1);
  });

  it('takes for gone what has left before', async () => {
    const { stream, jsm, errors, publish } = await workStream();
    const seq = await publish('work.m.a');
    await jsm.streams.deleteMessage('WORK', seq);
    expect(await stream.takeBack(sent('work.m.a', seq), [])).toBe(true);
    stream.settled(seq);
    const next = await publish('work.m.a');
    stream.settled(next);
    await until('none left', async () => (await left(jsm, 'WORK')) === 0);
    expect(errors).toEqual([]);
  });

  it('forgets the numbers of a stream that was made again: they are those of other requests', async () => {
    const { stream, jsm, errors, publish } = await workStream();
    stream.settled(await publish('work.m.a'));
    await until('none left', async () => (await left(jsm, 'WORK')) === 0);
    stream.settled(2); // answered, and not archived yet when the stream is lost
    await jsm.streams.delete('WORK');
    await until('it is noticed', () => errors.length > 0);
    await jsm.streams.add({ name: 'WORK', subjects: ['work.>'] });
    // By itself the server takes twelve seconds to notice that it is there again.
    for (const sources of [[], [{ name: 'WORK' }]]) await jsm.streams.update('ARCHIVE', { sources });
    const others = [await publish('work.m.a'), await publish('work.m.a'), await publish('work.m.a')];
    const last = others[2] ?? 0;
    await until('it leaves', async () => {
      stream.settled(last);
      return (await left(jsm, 'WORK')) < 3;
    });
    expect(others).toEqual([1, 2, 3]);
    expect(await jsm.streams.getMessage('WORK', { seq: 2 })).not.toBeNull();
  });

  it('lets go of nothing that its archive has not, whatever that has of a stream which was before', async () => {
    const { stream, jsm, publish } = await workStream();
    for (let count = 0; count < 3; count++) await publish('work.m.a');
    await until('all are archived', async () => (await left(jsm, 'ARCHIVE')) === 3);
    await jsm.streams.delete('WORK');
    // As somebody does by hand: it counts from 1 again, and the archive copies nothing of that.
    await jsm.streams.add({ name: 'WORK', subjects: ['work.>'] });
    await jsm.consumers.add('WORK', {
      durable_name: 'a',
      ack_policy: AckPolicy.Explicit,
      filter_subject: 'work.*.a',
    });
    stream.settled(await publish('work.m.a'));
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await left(jsm, 'WORK')).toBe(1);
  });

  it('lets go of the others where the server does not delete one', async () => {
    const { connection, jsm, publish } = await workStream();
    const seqs = [await publish('work.m.a'), await publish('work.m.a')];
    const errors: Error[] = [];
    const stream = createWorkStream(await keeping(connection, seqs[0] ?? 0), {
      stream: 'WORK',
      archive: 'ARCHIVE',
      sweepMs: 20,
      onError: (error) => errors.push(error),
    });
    onTestFinished(() => stream.close());
    for (const seq of seqs) stream.settled(seq);
    await until('one left', async () => (await left(jsm, 'WORK')) === 1);
    expect(await jsm.streams.getMessage('WORK', { seq: seqs[0] ?? 0 })).not.toBeNull();
    expect(errors.length).toBeGreaterThan(0);
  });

  it('archives what it lets go by itself', async () => {
    const { jsm, publish } = await workStream();
    await publish('work.m.a', '1s');
    await until('it is gone', async () => (await left(jsm, 'WORK')) === 0);
    expect(await left(jsm, 'ARCHIVE')).toBe(1);
  });
});
