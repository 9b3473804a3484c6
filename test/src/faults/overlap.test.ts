/**
 * Consumers that the bridge did not make: a backlog from before, two groups on one operation, a worker of the SDK beside
 * one that keeps no record. No second effect where the bridge can prevent it, and a loud report where it cannot.
 */
import { createConnection, type EmbeddedServer } from '@nats-bridge/messaging';
import { createWorker, type Handler, type Worker } from '@nats-bridge/worker';
import { composeWorker } from '@nats-bridge/worker/simulation';
import { type JsMsg, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { nanos } from '@nats-io/nats-core';
import { afterEach, describe, expect, it } from 'vitest';
import {
  authorizeRequest,
  MERCHANT,
  type Stack,
  type StackOptions,
  startStack,
} from '../stack-under-test.js';
import { until } from '../until.js';

const AUTHORIZE = 'PaymentService/Authorize';
const ATTEMPTS = Array.from({ length: 20 }, (_, index) => `att_${index}`);
const closers: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function stackOf(options: StackOptions = {}): Promise<Stack> {
  const stack = await startStack({
    sandbox: false,
    ...options,
    config: { request_timeout_ms: 4_000, jetstream: { ack_wait: 1_000 }, ...options.config },
  });
  closers.push(() => stack.close());
  return stack;
}

const authorize = (stack: Stack, attempt: string) =>
  stack.call(AUTHORIZE, authorizeRequest(attempt), attempt);

/** Counts effects by idempotency key. */
function bookOf() {
  const effects: string[] = [];
  const handler: Handler = (_, { idempotencyKey }) => {
    effects.push(idempotencyKey);
    return { status: 'success', transaction_id: `of ${idempotencyKey}` };
  };
  return { effects, handler };
}

async function start(worker: Worker): Promise<Worker> {
  await worker.start();
  closers.push(() => worker.stop());
  return worker;
}

/** A durable pull consumer on authorizations, as an operator may have made it. */
async function addGroup(stack: Stack, name: string): Promise<void> {
  const manager = await jetstreamManager(await stack.nats());
  await manager.consumers.add('PAYMENTS', {
    durable_name: name,
    filter_subject: 'hyperswitch.payments.*.authorize',
    ack_policy: 'explicit',
    ack_wait: nanos(1_000),
  });
}

/**
 * Reads a consumer as the specification's workers do: runs, responds, and keeps no record. It is the slower of two: what
 * nobody else has run yet it would run alone.
 */
async function naiveWorker(server: EmbeddedServer, consumer: string, effects: string[]): Promise<void> {
  const connection = createConnection({ servers: server.url });
  const nats = await connection.get();
  const run = async (message: JsMsg) => {
    const { router_data, correlation_id } = message.json<{
      router_data: { attempt_id: string };
      correlation_id: string;
    }>();
    const effect = `authorize:${router_data.attempt_id}`;
    await until('the other has run it', () => effects.includes(effect));
    effects.push(effect);
    const answer = { status: 'success', transaction_id: 'naive', correlation_id };
    // As the specification's: the reply is the acknowledgement.
    const { reply } = message as unknown as { reply: string };
    nats.publish(reply, JSON.stringify(answer));
  };
  const messages = await (await jetstream(nats).consumers.get('PAYMENTS', consumer)).consume({
    callback: (message) => void run(message),
  });
  closers.push(async () => {
    await messages.close();
    await connection.close();
  });
}

const overlapIn = (stack: Stack) =>
  until('the overlap is reported', () => stack.events.find(({ type }) => type === 'overlapping_consumers'));

describe('two groups of SDK workers on one operation', () => {
  it('carry each payment out once, and are reported', async () => {
    const stack = await stackOf();
    await addGroup(stack, 'second-authorize');
    const { effects, handler } = bookOf();
    for (const consumerName of ['hyperswitch-consumer', 'second'])
      await start(
        createWorker({ servers: stack.server.url, consumerName, handlers: { authorize: handler } }),
      );
    const answers = await Promise.all(ATTEMPTS.map((attempt) => authorize(stack, attempt)));
    for (const [index, answer] of answers.entries())
      expect(answer).toMatchObject({
        status: 'CHARGED',
        connector_transaction_id: `of authorize:${ATTEMPTS[index]}`,
      });
    await overlapIn(stack);
    const manager = await jetstreamManager(await stack.nats());
    await until('both groups have had everything', async () => {
      const { delivered, num_ack_pending } = await manager.consumers.info('PAYMENTS', 'second-authorize');
      return delivered.consumer_seq >= ATTEMPTS.length && num_ack_pending === 0 ? true : undefined;
    });
    expect(effects.toSorted()).toEqual(ATTEMPTS.map((attempt) => `authorize:${attempt}`).toSorted());
  });

  it('carry them out twice without the claim: what prevents it is the record', async () => {
    const stack = await stackOf();
    await addGroup(stack, 'second-authorize');
    const { effects, handler } = bookOf();
    for (const consumerName of ['hyperswitch-consumer', 'second'])
      await start(
        composeWorker(
          { servers: stack.server.url, consumerName, handlers: { authorize: handler } },
          (records) => ({ ...records, read: async () => undefined, write: async () => 0 }),
        ),
      );
    await Promise.all(ATTEMPTS.map((attempt) => authorize(stack, attempt)));
    await until('each group has had everything', () =>
      effects.length >= 2 * ATTEMPTS.length ? true : undefined,
    );
  });
});

describe("a consumer's backlog from before", () => {
  it('has nothing that a worker could still run: not what was answered, not what was given up', async () => {
    const stack = await stackOf();
    await addGroup(stack, 'old-authorize');
    const before = bookOf();
    const first = await start(
      createWorker({ servers: stack.server.url, handlers: { authorize: before.handler } }),
    );
    await Promise.all(ATTEMPTS.slice(0, 10).map((attempt) => authorize(stack, attempt)));
    await first.stop();
    // Somebody who says that he is there, and takes nothing.
    const silent = await stack.nats();
    const presence = silent.subscribe('hyperswitch.workers.guarded.authorize', {
      callback: (_, message) => void message.respond(),
    });
    const given = await Promise.all(ATTEMPTS.slice(10).map((attempt) => authorize(stack, attempt)));
    for (const answer of given) expect(answer).toMatchObject({ status: 'FAILURE' });
    presence.unsubscribe();
    const manager = await jetstreamManager(silent);

    const after = bookOf();
    for (const consumerName of ['old', 'hyperswitch-consumer'])
      await start(
        createWorker({ servers: stack.server.url, consumerName, handlers: { authorize: after.handler } }),
      );
    await until('the backlog is gone', async () => {
      const { num_pending, num_ack_pending } = await manager.consumers.info('PAYMENTS', 'old-authorize');
      return num_pending + num_ack_pending === 0 ? true : undefined;
    });
    expect(after.effects).toEqual([]);
    expect(await authorize(stack, 'att_new')).toMatchObject({ status: 'CHARGED' });
    expect(after.effects).toEqual(['authorize:att_new']);
  });
});

describe('a worker of the SDK beside one that keeps no record', () => {
  it('may each carry a payment out: that is reported, and a repeat does not add a third', async () => {
    const stack = await stackOf();
    await addGroup(stack, 'naive');
    const { effects, handler } = bookOf();
    await start(createWorker({ servers: stack.server.url, handlers: { authorize: handler } }));
    await naiveWorker(stack.server, 'naive', effects);
    const event = await overlapIn(stack);
    expect(event).toMatchObject({ overlap: { consumers: ['hyperswitch-consumer-authorize', 'naive'] } });
    await Promise.all(ATTEMPTS.map((attempt) => authorize(stack, attempt)));
    // Nothing but stopping one helps: each has a consumer of its own. What one answers leaves the stream a second later.
    const manager = await jetstreamManager(await stack.nats());
    for (const consumer of ['hyperswitch-consumer-authorize', 'naive'])
      await until(`${consumer} has had all that there is`, async () => {
        const { num_pending, num_ack_pending } = await manager.consumers.info('PAYMENTS', consumer);
        return num_pending + num_ack_pending === 0;
      });
    const carriedOut = effects.length;
    expect(carriedOut).toBeGreaterThan(ATTEMPTS.length);
    const again = await Promise.all(ATTEMPTS.map((attempt) => authorize(stack, attempt)));
    for (const [index, answer] of again.entries()) {
      const { record } =
        (await stack.bridge.ledger.findLatest(MERCHANT, `authorize:${ATTEMPTS[index]}`)) ?? {};
      expect(record?.state).toBe('answered');
      expect(answer).toMatchObject({ connector_transaction_id: `of authorize:${ATTEMPTS[index]}` });
    }
    expect(effects).toHaveLength(carriedOut);
  });
});
