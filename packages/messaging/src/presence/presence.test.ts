import { AckPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { describe, expect, it } from 'vitest';
import type { Connection } from '../connection/connection.js';
import { brokerForFile, connectionForTest, serverForTest } from '../testing/broker.js';
import { freePort } from '../testing/free-port.js';
import type { TestServer } from '../testing/nats-for-tests.js';
import { until } from '../testing/until.js';
import { createPresence, type PresenceOptions, type PresenceQuestion } from './presence.js';

const broker = brokerForFile();
let questions = 0;
/** So that a busy machine is not taken for a busy worker. */
const PATIENCE_MS = 400;

type Listeners = { guarded?: 'answers' | 'is busy'; alive?: 'answers' | 'is busy'; work?: 'hears' };

/** Asks of an operation with these listeners: each answers, or is too busy to; or hears the requests as they pass. */
async function askedOf(
  listeners: Listeners,
  {
    bridge = broker.connection,
    workers = broker.connection,
    timeoutMs = PATIENCE_MS,
    ...options
  }: Partial<PresenceOptions> & Connections = {},
) {
  const question = await questionWith(listeners, workers);
  const found = await createPresence(bridge, { stream: 'NONE', timeoutMs, ...options }).whoIsThere(question);
  return found.workers;
}

async function questionWith(listeners: Listeners, workers = broker.connection): Promise<PresenceQuestion> {
  const name = `op${++questions}`;
  const nats = await workers.get();
  for (const [kind, does] of Object.entries(listeners))
    nats.subscribe(`${kind}.${name}`, {
      callback: (_, message) => void (does === 'answers' && message.respond()),
    });
  await nats.flush();
  return { guarded: `guarded.${name}`, alive: `alive.${name}`, subject: `work.${name}` };
}
type Connections = { readonly bridge?: Connection; readonly workers?: Connection };

describe('presence', () => {
  it('says who would take a request', async () => {
    expect(await askedOf({})).toBe('nobody');
    expect(await askedOf({ guarded: 'answers' })).toBe('guarded');
    expect(await askedOf({ alive: 'answers' })).toBe('consumers');
    expect(await askedOf({ guarded: 'answers', alive: 'answers' })).toBe('consumers');
    expect(await askedOf({ work: 'hears' })).toBe('subscribers');
  });

  it('asks for the consumers once, where nobody is there', async () => {
    const nats = await broker.connection.get();
    await (await jetstreamManager(nats)).streams.add({ name: 'COUNTED', subjects: ['counted.>'] });
    const asked = nats.subscribe('$JS.API.CONSUMER.LIST.COUNTED');
    expect(await askedOf({}, { stream: 'COUNTED' })).toBe('nobody');
    await nats.flush();
    expect(asked.getReceived()).toBe(1);
    asked.unsubscribe();
  });

  it('takes who is too busy to answer for there, and relies on no kind that nobody confirmed', async () => {
    expect(await askedOf({ guarded: 'is busy' })).toBe('guarded');
    expect(await askedOf({ alive: 'is busy' })).toBe('unclear');
    expect(await askedOf({ guarded: 'is busy', alive: 'is busy' })).toBe('unclear');
  });

  it('tells who hears requests as they pass from who reads the stream, though both say only that they are there', async () => {
    expect(await askedOf({ alive: 'answers', work: 'hears' })).toBe('subscribers');
    expect(await askedOf({ alive: 'is busy', work: 'hears' })).toBe('subscribers');
    expect(await askedOf({ guarded: 'answers', work: 'hears' })).toBe('guarded');
  });

  it('says whether anybody would take any of several requests, however he does it', async () => {
    const presence = createPresence(broker.connection, { stream: 'READ', timeoutMs: PATIENCE_MS });
    const nobody = await questionWith({});
    expect(await presence.isAnybodyThere([nobody, await questionWith({})])).toBe(false);
    for (const listeners of [{ guarded: 'answers' }, { alive: 'is busy' }, { work: 'hears' }] as const)
      expect(await presence.isAnybodyThere([nobody, await questionWith(listeners)])).toBe(true);

    const nats = await broker.connection.get();
    const manager = await jetstreamManager(nats);
    await manager.streams.add({ name: 'READ', subjects: ['read.>'] });
    const filter_subject = 'read.by.one.merchant';
    await manager.consumers.add('READ', {
      durable_name: 'r',
      ack_policy: AckPolicy.Explicit,
      filter_subject,
    });
    expect(await presence.isAnybodyThere([nobody])).toBe(false);
    const reading = await (await jetstream(nats).consumers.get('READ', 'r')).consume({ callback: () => {} });
    await until('it is read', () => presence.isAnybodyThere([nobody]));
    await reading.close();
    // What is in hand was in somebody's: he may be busy, or gone with it.
    const held = await (await jetstream(nats).consumers.get('READ', 'r')).fetch({ max_messages: 1 });
    await jetstream(nats).publish(filter_subject);
    for await (const _ of held) break;
    await until(
      'nobody waits',
      async () => !(await presence.isAnybodyThere([nobody], { countsInHand: false })),
    );
    expect(await presence.isAnybodyThere([nobody])).toBe(true);
  });

  it('finds who hears requests at another server of the cluster', async () => {
    const servers = await startCluster();
    const [bridge, workers] = servers.map(({ url }) => connectionForTest(url));
    const found = (listeners: Listeners) =>
      until('the servers know of the listeners', async () => {
        const who = await askedOf(listeners, { bridge, workers, timeoutMs: 1_000 });
        return who !== 'nobody' && who;
      });
    expect(await found({ work: 'hears', alive: 'answers' })).toBe('subscribers');
    expect(await found({ alive: 'answers' })).toBe('consumers');
  });

  it('does not wait for what the server refuses to tell', async () => {
    const configuration = `authorization { users: [
      { user: worker, password: x },
      { user: bridge, password: x, permissions: { publish: ["guarded.>", "alive.>", "work.>"], subscribe: "_INBOX.>" } }
    ] }`;
    const { url } = await serverForTest({ configuration });
    const [bridge, workers] = ['bridge', 'worker'].map((user) =>
      connectionForTest(url.replace('//', `//${user}:x@`)),
    );
    const patient = { bridge, workers, timeoutMs: 60_000 };
    expect(await askedOf({ alive: 'answers' }, patient)).toBe('consumers');
  });
});

async function startCluster(): Promise<TestServer[]> {
  const ports = await Promise.all([freePort(), freePort()]);
  const routes = ports.map((port) => `"nats://127.0.0.1:${port}"`).join(', ');
  return Promise.all(
    ports.map((port) =>
      serverForTest({
        jetstream: false,
        configuration: `cluster { name: presence, listen: "127.0.0.1:${port}", no_advertise: true, routes: [${routes}] }`,
      }),
    ),
  );
}
