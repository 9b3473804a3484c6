import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { expect, it } from 'vitest';
import { OrderEndedError } from '../errors.js';
import { brokerForFile } from '../testing/broker.js';
import { unreadPublisher } from '../testing/publish-unread.js';
import { until } from '../testing/until.js';
import { applyTopology } from '../topology/apply-topology.js';
import { DeliveredMessage } from './delivered-message.js';
import { OrderInbox } from './order-inbox.js';

const broker = brokerForFile();

let scenes = 0;

async function scene({ expiresMs = 30_000 } = {}) {
  const stream = `ORDERS${++scenes}`;
  await applyTopology(broker.connection, {
    streams: [{ name: stream, subjects: [`${stream}.>`] }],
    consumers: [{ stream, name: 'readers', ackWaitMs: 1_000 }],
  });
  const nats = await broker.connection.get();
  const manager = await jetstreamManager(nats);
  const came: DeliveredMessage[] = [];
  const inbox = new OrderInbox(broker.connection, nats, {
    stream,
    consumer: 'readers',
    expiresMs,
    onMessage: (message) => came.push(message),
  });
  return {
    inbox,
    came,
    info: () => manager.consumers.info(stream, 'readers'),
    deleteConsumer: () => manager.consumers.delete(stream, 'readers'),
    async publish(...bodies: string[]) {
      for (const body of bodies) await jetstream(nats).publish(`${stream}.item`, body);
    },
  };
}

const textOf = ({ data }: DeliveredMessage) => Buffer.from(data).toString();

it('brings one order after the other, each as much as was ordered', async () => {
  const { inbox, came, publish } = await scene();
  await publish('a', 'b', 'c');
  await inbox.order(2);
  expect(came.map(textOf)).toEqual(['a', 'b']);
  expect(inbox.missing).toBe(0);
  const next = inbox.order(2);
  await until('the third', () => came.length === 3);
  expect(inbox.missing).toBe(1);
  await publish('d');
  await next;
  expect(came.map(textOf)).toEqual(['a', 'b', 'c', 'd']);
  inbox.close();
});

it('ends an order that expires, and serves the next', async () => {
  const { inbox, came, publish } = await scene({ expiresMs: 2_000 });
  await inbox.order(3);
  expect(inbox).toMatchObject({ missing: 0, isClosed: false });
  await publish('a');
  await inbox.order(1);
  expect(came.map(textOf)).toEqual(['a']);
  inbox.close();
});

it('says in the words of the server why nothing comes', async () => {
  const { inbox, deleteConsumer } = await scene();
  const order = inbox.order(1);
  const ending = order.catch((error: unknown) => error);
  await broker.connection.rttMs();
  await deleteConsumer();
  expect(await ending).toBeInstanceOf(OrderEndedError);
  expect(await ending).toHaveProperty('message', expect.stringContaining('Consumer Deleted (409)'));
  expect(inbox.isClosed).toBe(true);
});

it('does not wait for a server that stands still', async () => {
  const { inbox } = await scene();
  const order = inbox.order(1);
  await broker.connection.rttMs();
  process.kill(broker.server.pid, 'SIGSTOP');
  try {
    await expect(order).rejects.toThrow('nothing is delivered from the consumer readers');
  } finally {
    process.kill(broker.server.pid, 'SIGCONT');
  }
});

it('takes no standstill of this process for one of the server', async () => {
  const { inbox, came, info } = await scene();
  const order = inbox.order(1);
  await broker.connection.rttMs();
  const { stream_name } = await info();
  const publishUnread = await unreadPublisher(broker.server.url);
  await publishUnread(`${stream_name}.item`, 'a', 3_500);
  await order;
  expect(came.map(textOf)).toEqual(['a']);
  inbox.close();
});

it('still brings what was sent before it is drained, and leaves nothing with the server', async () => {
  const { inbox, came, publish, info } = await scene();
  const order = inbox.order(10);
  await broker.connection.rttMs();
  const { stream_name } = await info();
  const publishUnread = await unreadPublisher(broker.server.url);
  await publishUnread(`${stream_name}.item`, 'a');
  await Promise.all([inbox.drain(), order]);
  await publish('b');
  // A server that was slower still has what it has not sent.
  const { num_ack_pending: sent, num_pending: kept } = await info();
  expect(came.map(textOf)).toEqual(['a'].slice(0, sent));
  expect(kept).toBe(2 - sent);
});

it('is given nothing once it is closed', async () => {
  const { inbox, came, publish, info } = await scene();
  const order = inbox.order(10);
  inbox.close();
  await order;
  await publish('a');
  expect(came).toEqual([]);
  expect(await info()).toMatchObject({ num_ack_pending: 0, num_pending: 1 });
});

it('delivers what can be acknowledged once, or given back to come again', async () => {
  const { inbox, came, publish, info } = await scene();
  await publish('a');
  await inbox.order(1);
  expect(came[0]).toMatchObject({ seq: 1, deliveryCount: 1, headers: {} });
  came[0]?.nak();
  came[0]?.ack();
  await inbox.order(1);
  expect(came[1]).toMatchObject({ seq: 1, deliveryCount: 2 });
  expect(came[1]?.storedAt).toBe(came[0]?.storedAt);
  came[1]?.ack();
  await until('it to be acknowledged', async () => (await info()).num_ack_pending === 0);
  inbox.close();
});

it('takes no message that no consumer delivered', async () => {
  const nats = await broker.connection.get();
  const heard = new Promise((resolve) => {
    nats.subscribe('plain', {
      max: 1,
      callback: (_, message) => resolve(() => new DeliveredMessage(message)),
    });
  });
  nats.publish('plain', 'a', { reply: 'inbox' });
  expect(await heard).toThrow('plain was delivered by no consumer');
});
