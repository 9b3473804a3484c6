import { DiscardPolicy, type JetStreamManager, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { nanos } from '@nats-io/nats-core';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { brokerForFile, connectionForTest, serverForTest } from '../testing/broker.js';
import { until } from '../testing/until.js';
import { applyTopology } from './apply-topology.js';
import type { StreamSpec, TopologySpec } from './topology-spec.js';

const broker = brokerForFile();
let manager: JetStreamManager;

beforeAll(async () => {
  manager = await jetstreamManager(await broker.connection.get());
});
beforeEach(async () => {
  for await (const { config } of manager.streams.list()) await manager.streams.delete(config.name);
});

const payments: StreamSpec = {
  name: 'PAYMENTS',
  subjects: ['hyperswitch.payments.>'],
  maxAgeMs: 7 * 86_400_000,
  maxMsgs: 10_000_000,
  duplicateWindowMs: 120_000,
  allowDirect: true,
  allowMsgTtl: true,
};
const spec: TopologySpec = {
  streams: [payments, { name: 'ARCHIVE', sources: [{ name: 'PAYMENTS' }], denyDelete: true }],
  consumers: [
    {
      stream: 'PAYMENTS',
      name: 'authorize',
      filterSubject: 'hyperswitch.payments.*.authorize',
      maxDeliver: 3,
    },
    {
      stream: 'PAYMENTS',
      name: 'payment-worker',
      push: { deliverSubject: 'deliver.worker' },
      deliverPolicy: 'new',
    },
  ],
  buckets: [
    { name: 'presence', kind: 'kv', ttlMs: 60_000, history: 2 },
    { name: 'bodies', kind: 'object', ttlMs: 86_400_000 },
  ],
};
const actions = (changes: { action: string }[]) => changes.map(({ action }) => action);

describe('applyTopology', () => {
  it('creates what is missing, in the units of the server, and then changes nothing', async () => {
    const created = await applyTopology(broker.connection, spec);
    expect(actions(created)).toEqual(['created', 'created', 'created', 'created', 'created', 'created']);
    expect(created.flatMap(({ differences }) => differences)).toEqual([]);
    expect((await manager.streams.info('PAYMENTS')).config).toMatchObject({
      max_age: nanos(7 * 86_400_000),
      duplicate_window: nanos(120_000),
      max_msgs: 10_000_000,
      allow_msg_ttl: true,
    });
    expect(await manager.consumers.info('PAYMENTS', 'authorize')).toMatchObject({
      config: { ack_wait: nanos(30_000), max_deliver: 3, ack_policy: 'explicit' },
    });
    expect(actions(await applyTopology(broker.connection, spec))).toEqual(Array(6).fill('unchanged'));
  });

  it('makes buckets that the clients of NATS can use', async () => {
    await applyTopology(broker.connection, spec);
    const bucket = await new Kvm(await broker.connection.get()).open('presence');
    await bucket.put('a', '1');
    await bucket.put('a', '2');
    expect((await bucket.get('a'))?.string()).toBe('2');
    expect((await (await new Kvm(await broker.connection.get()).create('presence')).status()).history).toBe(
      2,
    );
  });

  it('says what it would do without doing it', async () => {
    const changes = await applyTopology(broker.connection, spec, { dryRun: true });
    expect(actions(changes)).toEqual(Array(6).fill('created'));
    await expect(manager.streams.info('PAYMENTS')).rejects.toThrow('stream not found');

    await applyTopology(broker.connection, spec);
    const grown = { ...spec, streams: [{ ...payments, maxMsgs: 20_000_000 }] };
    const [change] = await applyTopology(broker.connection, grown, { dryRun: true });
    expect(change).toMatchObject({
      action: 'updated',
      differences: [{ field: 'max_msgs', have: 10_000_000, want: 20_000_000 }],
    });
    expect((await manager.streams.info('PAYMENTS')).config.max_msgs).toBe(10_000_000);
  });

  it('keeps subjects that others added, and messages', async () => {
    await applyTopology(broker.connection, spec);
    await manager.streams.update('PAYMENTS', { subjects: ['hyperswitch.payments.>', 'mine'] });
    (await broker.connection.get()).publish('mine', 'kept');
    const more = { streams: [{ ...payments, subjects: ['hyperswitch.payments.>', 'more'] }], consumers: [] };
    expect(actions(await applyTopology(broker.connection, more))).toEqual(['updated']);
    const info = await manager.streams.info('PAYMENTS');
    expect(info.config.subjects).toEqual(['hyperswitch.payments.>', 'mine', 'more']);
    expect(info.state.messages).toBe(1);
  });

  it('never shrinks: it leaves that alone, does the rest, and says both', async () => {
    await applyTopology(broker.connection, spec);
    const smaller = { streams: [{ ...payments, maxMsgs: 5, description: 'new' }], consumers: [] };
    const [change] = await applyTopology(broker.connection, smaller);
    expect(change).toMatchObject({
      action: 'conflict',
      differences: [{ field: 'max_msgs', have: 10_000_000, want: 5 }],
      notes: ['changed: description'],
    });
    const { config } = await manager.streams.info('PAYMENTS');
    expect(config).toMatchObject({ max_msgs: 10_000_000, description: 'new' });
  });

  it('calls no conflict what it changed after a restart, when the server answers with how a consumer was', async () => {
    const server = await serverForTest();
    const waiting = (ackWaitMs: number): TopologySpec => ({
      streams: [payments],
      consumers: [{ stream: 'PAYMENTS', name: 'authorize', ackWaitMs }],
    });
    await applyTopology(connectionForTest(server.url), waiting(30_000));
    await server.restart();
    const changes = await applyTopology(connectionForTest(server.url), waiting(1_500));
    expect(actions(changes)).toEqual(['unchanged', 'updated']);
  });

  it('takes one replica where there is no cluster, and says so each time', async () => {
    const three = { streams: [{ ...payments, replicas: 3 }], consumers: [] };
    const notes = ['1 of 3 replicas: the cluster has no more servers'];
    expect(await applyTopology(broker.connection, three)).toMatchObject([{ action: 'created', notes }]);
    expect(await applyTopology(broker.connection, three)).toMatchObject([{ action: 'unchanged', notes }]);
    expect(await applyTopology(broker.connection, three, { dryRun: true })).toMatchObject([
      { action: 'unchanged', notes },
    ]);
    const grown = { streams: [{ ...payments, replicas: 3, maxMsgs: 20_000_000 }], consumers: [] };
    const planned = await applyTopology(broker.connection, grown, { dryRun: true });
    expect(planned).toMatchObject([{ action: 'updated', notes }]);
    expect(await applyTopology(broker.connection, grown)).toEqual(planned);
  });

  it('writes nothing where nothing can become as wanted, so that who may not write may apply it', async () => {
    const three = { streams: [{ ...payments, replicas: 3 }], consumers: [] };
    await applyTopology(broker.connection, three);
    const nats = await broker.connection.get();
    const writes: string[] = [];
    nats.subscribe('$JS.API.STREAM.UPDATE.>', { callback: (_, { subject }) => void writes.push(subject) });
    await nats.flush();
    expect(actions(await applyTopology(broker.connection, three))).toEqual(['unchanged']);
    await nats.flush();
    expect(writes).toEqual([]);
  });

  it('leaves it to the operator whether the oldest goes at a limit, where nothing is said of it', async () => {
    await applyTopology(broker.connection, spec);
    const limited = { max_bytes: 1_000_000, discard: DiscardPolicy.New };
    await manager.streams.update('PAYMENTS', limited);
    expect(new Set(actions(await applyTopology(broker.connection, spec)))).toEqual(new Set(['unchanged']));
    expect((await manager.streams.info('PAYMENTS')).config).toMatchObject(limited);
  });

  it('says what the server refuses', async () => {
    const impossible = { streams: [{ name: 'BAD', subjects: ['a.>', 'a.b'] }], consumers: [] };
    await expect(applyTopology(broker.connection, impossible)).rejects.toMatchObject({
      code: 'TOPOLOGY_REFUSED',
      message: expect.stringContaining('stream BAD'),
    });
  });

  it('has a stream that was lost go on counting behind its copies, so that these go on, too', async () => {
    await applyTopology(broker.connection, spec);
    await manager.streams.delete('PAYMENTS');
    expect(actions(await applyTopology(broker.connection, spec))[0]).toBe('created'); // nothing was copied yet
    const publish = (times: number) =>
      Promise.all(Array.from({ length: times }, () => jetstream(nc).publish('hyperswitch.payments.m.sync')));
    const nc = await broker.connection.get();
    // The server takes twelve seconds to notice that the source is there again.
    const copied = (count: number) =>
      until(
        'it is copied',
        async () => (await manager.streams.info('ARCHIVE')).state.messages === count,
        60_000,
      );
    await publish(3);
    await copied(3);
    await manager.streams.delete('PAYMENTS');
    expect(actions(await applyTopology(broker.connection, spec))[0]).toBe('created');
    await publish(1);
    await copied(4);
    expect((await manager.streams.info('PAYMENTS')).state.first_seq).toBe(4);
    expect(new Set(actions(await applyTopology(broker.connection, spec)))).toEqual(new Set(['unchanged']));
  });
});
