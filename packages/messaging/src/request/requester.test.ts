import { setTimeout } from 'node:timers/promises';
import { type JsMsg, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { type Msg, type NatsConnection, headers as natsHeaders } from '@nats-io/nats-core';
import { connect } from '@nats-io/transport-node';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Connection, createConnection } from '../connection/connection.js';
import { startTestServer, type TestServer } from '../testing/nats-for-tests.js';
import { until } from '../testing/until.js';
import type { LateReply, RequestMessage, StrayReply, UnclaimedReply } from './reply.js';
import { createRequester } from './requester.js';
import type { Requester, RequesterOptions } from './requester-contract.js';

const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const decode = (body: Uint8Array) => JSON.parse(new TextDecoder().decode(body)) as unknown;
const SUBJECT = 'hyperswitch.payments.m_1.authorize';

let nats: TestServer;
let worker: NatsConnection;
let bridge: Connection;
let requester: Requester;
const closing: (() => unknown)[] = [];

beforeAll(async () => {
  nats = await startTestServer();
});
afterAll(() => nats.dispose());

beforeEach(async () => {
  worker = await connect({ servers: nats.url, noAsyncTraces: true });
  const manager = await jetstreamManager(worker);
  for await (const { config } of manager.streams.list()) await manager.streams.delete(config.name);
  await manager.streams.add({ name: 'PAYMENTS', subjects: ['hyperswitch.payments.>'] });
  await manager.streams.add({ name: 'OPERATIONS', subjects: ['hyperswitch.operations.>'] });
  await manager.consumers.add('PAYMENTS', {
    durable_name: 'w',
    ack_policy: 'explicit',
    ack_wait: 2_000_000_000,
  });
  bridge = createConnection({ servers: nats.url, maxReconnects: -1, reconnectBackoff: { maxMs: 50 } });
  requester = use({});
  // Deadlines of some tests are shorter than connecting takes on a busy machine.
  await requester.ready();
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  await bridge.close();
  await worker.close();
});

function use(options: RequesterOptions, over = bridge): Requester {
  const made = createRequester(over, {
    ackStream: 'PAYMENTS',
    replySubjects: ['hyperswitch.operations.>'],
    ...options,
  });
  closing.push(() => made.close());
  return made;
}

let count = 0;
function message(over: Partial<RequestMessage> = {}): RequestMessage {
  const id = `c${++count}`;
  return {
    subject: SUBJECT,
    body: encode({ amount: 100 }),
    headers: { 'X-Merchant-Id': 'm_1' },
    msgId: id,
    correlationId: id,
    deadlineAt: Date.now() + 5_000,
    ...over,
  };
}

/** Handles one message after another of the stream; the handler acknowledges or not. */
async function pull(handle: (message: JsMsg) => void): Promise<void> {
  const messages = await (await jetstream(worker).consumers.get('PAYMENTS', 'w')).consume({
    callback: handle,
  });
  closing.push(() => messages.stop());
}

/** Where `msg.respond()` of other clients goes; nats.js has it and does not type it. */
const ackSubject = (received: JsMsg) => (received as unknown as { reply: string }).reply;

/** Answers plain messages, as a worker with an ordinary subscription does, once the server knows of it. */
async function subscribe(subject: string, handle: (message: Msg) => void): Promise<void> {
  worker.subscribe(subject, { callback: (_error, received) => handle(received) });
  await worker.flush();
}

describe('requestDurable', () => {
  it('gets the reply that a disciplined worker sends to the reply subject, and tells that it is stored', async () => {
    await pull((received) => {
      const id = received.headers?.get('X-Correlation-Id');
      worker.publish(
        received.headers?.get('X-Reply-To') ?? '',
        encode({ status: 'success', correlation_id: id }),
      );
      received.ack();
    });
    const stored: unknown[] = [];
    const reply = await requester.requestDurable(message({ onStored: (one) => stored.push(one) }));
    expect(decode(reply.body)).toMatchObject({ status: 'success' });
    expect(reply).toMatchObject({ via: 'inbox', streamSeq: 1 });
    expect(stored).toEqual([{ stream: 'PAYMENTS', seq: 1, duplicate: false }]);
    expect(requester.inFlight).toBe(0);
  });

  it('gets a durable reply, past other records on the same subject', async () => {
    requester = use({ isAnswer: (body) => body.length > 0 });
    const replyTo = 'hyperswitch.operations.m_1.key_1';
    await pull((received) => {
      for (const entry of ['', encode({ entry: 'answer' })]) {
        const headers = natsHeaders();
        headers.set('X-Correlation-Id', received.headers?.get('X-Correlation-Id') ?? '');
        worker.publish(received.headers?.get('X-Reply-To') ?? '', entry, { headers });
      }
      received.ack();
    });
    const reply = await requester.requestDurable(message({ replyTo, headers: { 'X-Reply-To': replyTo } }));
    expect(decode(reply.body)).toEqual({ entry: 'answer' });
    expect(reply.via).toBe('durable');
  });

  it('gets the reply of a worker that only responds, acknowledging for it', async () => {
    const deliveries: number[] = [];
    await pull((received) => {
      deliveries.push(received.info.deliveryCount);
      worker.publish(ackSubject(received), encode({ status: 'success' })); // msg.respond() of other clients
    });
    let seq = 0;
    const onStored = (stored: { seq: number }) => {
      seq = stored.seq;
    };
    const reply = await requester.requestDurable(message({ onStored }));
    expect(reply).toMatchObject({ via: 'ack', streamSeq: seq });
    const manager = await jetstreamManager(worker);
    await until('the acknowledgement', async () => {
      const info = await manager.consumers.info('PAYMENTS', 'w');
      return info.num_ack_pending === 0 && info.ack_floor.stream_seq === seq;
    });
    expect(deliveries).toEqual([1]);
    expect(requester.stats()).toMatchObject({ acknowledgedForWorker: 1, answers: { ack: 1 } });
  });

  it('gets the reply of a plain subscriber although the PubAck comes on the same inbox', async () => {
    await subscribe(SUBJECT, (received) => received.respond(encode({ status: 'success' })));
    const replies = await Promise.all(Array.from({ length: 50 }, () => requester.requestDurable(message())));
    for (const reply of replies) expect(decode(reply.body)).toEqual({ status: 'success' });
  });

  it('never accepts a reply that names another request, on whatever path, and reports it', async () => {
    const strays: StrayReply[] = [];
    requester.onStray((stray) => strays.push(stray));
    const replyTo = 'hyperswitch.operations.m_1.key_2';
    const wrong = encode({ status: 'success', correlation_id: 'other' });
    let inbox = '';
    await pull((received) => {
      worker.publish(ackSubject(received), wrong);
      worker.publish(replyTo, wrong);
      worker.publish(inbox, wrong);
      worker.publish(
        inbox,
        encode({ correlation_id: received.headers?.get('X-Correlation-Id'), right: true }),
      );
    });
    await subscribe(SUBJECT, (received) => {
      inbox = received.reply ?? '';
    });
    const reply = await requester.requestDurable(message({ replyTo }));
    expect(decode(reply.body)).toMatchObject({ right: true });
    expect(strays.map(({ via }) => via).sort()).toEqual(['ack', 'durable', 'inbox']);
    expect(strays[0]).toMatchObject({ correlationId: 'other', expectedCorrelationId: `c${count}` });
  });

  it('gives each of many concurrent requests its own answer, also without correlation ids', async () => {
    await requester.ready();
    await pull((received) => worker.publish(ackSubject(received), received.data));
    const sent = Array.from({ length: 300 }, (_, index) => ({ ...message(), body: encode({ index }) }));
    const replies = await Promise.all(sent.map((one) => requester.requestDurable(one)));
    expect(replies.map((reply) => decode(reply.body))).toEqual(sent.map((_, index) => ({ index })));
  });

  it('does not take a leftover reply of a deleted stream for an answer to the same sequence', async () => {
    await requester.ready();
    // Sequence 1 of a stream that was there a minute ago, answered just now.
    const stale = `$JS.ACK.PAYMENTS.w.1.1.1.${(Date.now() - 60_000) * 1_000_000}.0`;
    worker.publish(stale, encode({ status: 'stale' }));
    await worker.flush();
    await pull((received) => {
      worker.publish(stale, encode({ status: 'stale' }));
      worker.publish(ackSubject(received), encode({ status: 'fresh' }));
    });
    const reply = await requester.requestDurable(message());
    expect(decode(reply.body)).toEqual({ status: 'fresh' });
  });

  it('takes no answer to the same sequence of a stream that was made again since, not even a late one', async () => {
    const late: LateReply[] = [];
    requester.onLate((one) => {
      late.push(one);
    });
    const answer = (storedAt: number, status: string) =>
      worker.publish(`$JS.ACK.PAYMENTS.w.1.1.1.${storedAt * 1_000_000}.0`, encode({ status }));
    let storedAt = 0;
    const ofAnother = () => answer(storedAt + 60_000, 'of another');
    const onStored = () => {
      storedAt = Date.now();
      ofAnother();
    };
    const waiting = requester.requestDurable(message({ deadlineAt: Date.now() + 600, onStored }));
    await expect(waiting).rejects.toMatchObject({ code: 'NATS_TIMEOUT' });
    ofAnother();
    answer(storedAt, 'its own');
    await until('the late reply', () => late.length > 0);
    expect(late.map(({ body }) => decode(body))).toEqual([{ status: 'its own' }]);
  });

  it('is stored once when it is sent twice, and both senders get the one answer', async () => {
    const other = use({});
    let executions = 0;
    const stored: boolean[] = [];
    await pull(async (received) => {
      executions++;
      await until('both to be confirmed', () => stored.length === 2);
      const id = received.headers?.get('X-Correlation-Id');
      worker.publish('hyperswitch.operations.m_1.key_3', encode({ correlation_id: id }));
      received.ack();
    });
    const shared = { msgId: 'same', replyTo: 'hyperswitch.operations.m_1.key_3' };
    const onStored = ({ duplicate }: { duplicate: boolean }) => stored.push(duplicate);
    const first = message({ ...shared, onStored });
    const one = requester.requestDurable(first);
    await until('the first to be stored', () => stored.length === 1);
    const two = other.requestDurable(message({ ...shared, onStored }));
    const replies = await Promise.all([one, two]);
    for (const reply of replies) expect(decode(reply.body)).toEqual({ correlation_id: first.correlationId });
    expect(stored).toEqual([false, true]);
    expect(executions).toBe(1);
  });

  it('fails before_send when no stream listens', async () => {
    requester = use({ maxRetries: 1 });
    await expect(requester.requestDurable(message({ subject: 'nobody.here' }))).rejects.toMatchObject({
      code: 'STORE_REFUSED',
      phase: 'before_send',
      natsCode: 503,
      retryable: true,
    });
  });

  it('fails before_send when the stream is full, saying what to do', async () => {
    const manager = await jetstreamManager(worker);
    await manager.streams.add({ name: 'FULL', subjects: ['full'], max_msgs: 1, discard: 'new' });
    await jetstream(worker).publish('full', 'x');
    await expect(requester.requestDurable(message({ subject: 'full' }))).rejects.toMatchObject({
      code: 'STORE_REFUSED',
      phase: 'before_send',
      description: expect.stringContaining('maximum messages exceeded'),
      message: expect.stringContaining('raise'),
    });
  });

  it('awaits the answer of a plain subscriber when the stream is full: it has the message all the same', async () => {
    const manager = await jetstreamManager(worker);
    await manager.streams.add({ name: 'FULL', subjects: ['full'], max_msgs: 1, discard: 'new' });
    await jetstream(worker).publish('full', 'x');
    const heard = (forMs: number) =>
      message({ subject: 'full', isHeardAsItPasses: true, deadlineAt: Date.now() + forMs });
    await expect(requester.requestDurable(heard(100))).rejects.toMatchObject({
      code: 'STORE_REFUSED',
      phase: 'sent_unknown',
    });
    await subscribe('full', (received) => received.respond(encode({ status: 'success' })));
    await worker.flush();
    expect((await requester.requestDurable(heard(5_000))).via).toBe('inbox');
  });

  it('is certain that no plain subscriber has a message for which nobody listened', async () => {
    const unheard = message({ subject: 'nobody.here', isHeardAsItPasses: true });
    await expect(requester.requestDurable(unheard)).rejects.toMatchObject({
      code: 'STORE_REFUSED',
      phase: 'before_send',
    });
    expect(requester.stats().republished).toBe(0);
  });

  it('publishes once what plain subscribers hear, while no stream confirms it and the connection breaks', async () => {
    requester = use({ pubAckTimeoutMs: 20 });
    await requester.ready();
    const inboxes: string[] = [];
    await subscribe('heard', (received) => inboxes.push(received.reply ?? ''));
    await worker.flush();
    const answer = requester.requestDurable(message({ subject: 'heard', isHeardAsItPasses: true }));
    await until('it is heard', () => inboxes.length === 1);
    await bridge.current?.reconnect();
    await until('the connection is back', () => bridge.current !== undefined);
    await setTimeout(200); // ten times what a PubAck may take
    worker.publish(inboxes[0] ?? '', encode({ status: 'success' }));
    expect((await answer).via).toBe('inbox');
    expect(inboxes).toHaveLength(1);
  });

  it('publishes nothing again once the stream may have forgotten its id, and awaits the answer', async () => {
    requester = use({ pubAckTimeoutMs: 20 });
    await requester.ready();
    const inboxes: string[] = [];
    await subscribe('unconfirmed', (received) => inboxes.push(received.reply ?? ''));
    await worker.flush();
    const repeatUntil = Date.now() - 1;
    const answer = requester.requestDurable(message({ subject: 'unconfirmed', repeatUntil }));
    await until('it is heard', () => inboxes.length === 1);
    await bridge.current?.reconnect();
    await until('the connection is back', () => bridge.current !== undefined);
    await setTimeout(200); // ten times what a PubAck may take
    worker.publish(inboxes[0] ?? '', encode({ status: 'success' }));
    expect((await answer).via).toBe('inbox');
    expect(inboxes).toHaveLength(1);
  });

  it('publishes again what the stream refused for certain, however late: it knows no id of it', async () => {
    const refused = message({ subject: 'nobody.listens', repeatUntil: Date.now() - 1 });
    await expect(requester.requestDurable(refused)).rejects.toMatchObject({ phase: 'before_send' });
    expect(requester.stats().republished).toBe(3);
  });

  it('times out at the deadline as sent_unknown with the place in the stream, and reports the late reply', async () => {
    const late: LateReply[] = [];
    requester.onLate((one) => {
      late.push(one);
    });
    const request = message({ deadlineAt: Date.now() + 500 });
    const began = Date.now();
    await expect(requester.requestDurable(request)).rejects.toMatchObject({
      code: 'NATS_TIMEOUT',
      phase: 'sent_unknown',
      streamSeq: 1,
    });
    expect(Date.now() - began).toBeLessThan(2_000);
    await pull((received) => worker.publish(ackSubject(received), encode({ status: 'success' })));
    await until('the late reply', () => late.length === 1);
    expect(late[0]).toMatchObject({
      correlationId: request.correlationId,
      via: 'ack',
      streamSeq: 1,
      endedWith: 'NATS_TIMEOUT',
    });
    const manager = await jetstreamManager(worker);
    await until('the acknowledgement', async () => {
      return (await manager.consumers.info('PAYMENTS', 'w')).num_ack_pending === 0;
    });
  });

  it('takes no withdrawal for a late reply', async () => {
    const replyTo = 'hyperswitch.operations.m_1.key_late';
    requester = use({ isWithdrawal: (headers) => headers['X-Record'] === 'withdrawn' });
    const late: LateReply[] = [];
    requester.onLate((one) => {
      late.push(one);
    });
    const request = message({ replyTo, deadlineAt: Date.now() + 500 });
    await expect(requester.requestDurable(request)).rejects.toMatchObject({ code: 'NATS_TIMEOUT' });
    for (const record of ['withdrawn', 'answered']) {
      const headers = natsHeaders();
      headers.set('X-Correlation-Id', request.correlationId);
      headers.set('X-Record', record);
      worker.publish(replyTo, encode({ record }), { headers });
    }
    await until('the late reply', () => late.length === 1);
    expect(decode(late[0]?.body ?? new Uint8Array())).toEqual({ record: 'answered' });
    expect(requester.stats().late).toBe(1);
  });

  it('can be cancelled, saying whether it was sent', async () => {
    const cancel = new AbortController();
    const pending = requester.requestDurable(message({ signal: cancel.signal }));
    const sentOnce = requester.requestDurable(message({ signal: AbortSignal.abort() }));
    await expect(sentOnce).rejects.toMatchObject({ code: 'CANCELLED', phase: 'before_send' });
    await until('the message to be stored', async () => {
      const info = await (await jetstreamManager(worker)).streams.info('PAYMENTS');
      return info.state.messages === 1;
    });
    cancel.abort();
    await expect(pending).rejects.toMatchObject({ code: 'CANCELLED', phase: 'sent_unknown' });
    expect(requester.inFlight).toBe(0);
  });

  it('refuses more than may be in flight', async () => {
    requester = use({ maxInFlight: 1 });
    await bridge.get();
    const first = requester.requestDurable(message({ deadlineAt: Date.now() + 500 }));
    await expect(requester.requestDurable(message())).rejects.toMatchObject({
      code: 'OVERLOADED',
      phase: 'before_send',
    });
    await expect(first).rejects.toMatchObject({ code: 'NATS_TIMEOUT' });
  });

  it.each<[string, Partial<RequestMessage>, string]>([
    ['a wildcard subject', { subject: 'a.*' }, 'INVALID_MESSAGE'],
    ['an impossible reply subject', { replyTo: 'a b' }, 'INVALID_MESSAGE'],
    ['a header in a header', { headers: { 'X-Id': 'a\r\nb' } }, 'INVALID_MESSAGE'],
    ['a message that is too late', { deadlineAt: Date.now() - 1 }, 'NATS_TIMEOUT'],
    ['a body above max_payload', { body: new Uint8Array(2_000_000) }, 'MESSAGE_TOO_LARGE'],
  ])('sends nothing of %s', async (_name, over, code) => {
    await expect(requester.requestDurable(message(over))).rejects.toMatchObject({
      code,
      phase: 'before_send',
    });
    expect(requester.inFlight).toBe(0);
  });
});

describe('requestCore', () => {
  it('gets the reply of a plain subscriber without storing anything', async () => {
    await subscribe('core.echo', (received) => received.respond(received.data));
    await worker.flush();
    const reply = await requester.requestCore(message({ subject: 'core.echo' }));
    expect(reply.via).toBe('core');
  });

  it('says at once that nobody is there', async () => {
    await expect(requester.requestCore(message({ subject: 'core.nobody' }))).rejects.toMatchObject({
      code: 'NO_WORKERS_AVAILABLE',
      phase: 'before_send',
    });
  });

  it('ignores the PubAck of a stream that happens to capture the subject', async () => {
    await subscribe(SUBJECT, (received) => received.respond(encode({ status: 'success' })));
    await worker.flush();
    const reply = await requester.requestCore(message());
    expect(decode(reply.body)).toEqual({ status: 'success' });
  });
});

describe('a broken connection', () => {
  it('is no error while the deadline has not passed', async () => {
    await pull((received) => {
      if (worker.isClosed()) return;
      worker.publish(ackSubject(received), encode({ status: 'success' }));
    });
    await requester.ready();
    await nats.kill();
    await until('the loss to be noticed', () => bridge.current === undefined);
    const waiting = requester.requestDurable(message({ deadlineAt: Date.now() + 10_000 }));
    await nats.restart();
    expect((await waiting).via).toBe('ack');
  });

  it('between publishing and PubAck loses nothing and stores nothing twice', async () => {
    await requester.ready();
    await pull((received) => worker.publish(ackSubject(received), encode({ status: 'success' })));
    await worker.flush();
    const batch = Array.from({ length: 200 }, () =>
      requester.requestDurable(message({ deadlineAt: Date.now() + 15_000 })),
    );
    await bridge.current?.reconnect();
    const replies = await Promise.all(batch);
    expect(replies).toHaveLength(200);
    const info = await (await jetstreamManager(worker)).streams.info('PAYMENTS');
    expect(info.state.messages).toBe(200);
  });

  it('that is given up and made anew still brings the answer', async () => {
    const fragile = createConnection({
      servers: nats.url,
      maxReconnects: 1,
      reconnectBackoff: { maxMs: 20 },
    });
    closing.push(() => fragile.close());
    const patient = use({}, fragile);
    let inbox = '';
    await subscribe(SUBJECT, (received) => {
      inbox = received.reply ?? '';
    });
    await worker.flush();
    const waiting = patient.requestDurable(message({ deadlineAt: Date.now() + 10_000 }));
    await until('the message to arrive', () => inbox !== '');
    await nats.kill();
    await until(
      'the connection to be given up',
      () => fragile.state === 'idle' || fragile.state === 'connecting',
    );
    await nats.restart();
    await until('the new connection', () => fragile.state === 'connected');
    await until('an answer to get through', async () => {
      worker.publish(inbox, encode({ status: 'success' }));
      await worker.flush().catch(() => {});
      return patient.inFlight === 0;
    });
    expect((await waiting).via).toBe('inbox');
  });

  it('is an error before_send when it does not come back in time', async () => {
    await requester.ready();
    await nats.kill();
    await until('the loss to be noticed', () => bridge.current === undefined);
    await expect(requester.requestDurable(message({ deadlineAt: Date.now() + 500 }))).rejects.toMatchObject({
      code: 'NATS_UNREACHABLE',
      phase: 'before_send',
    });
    await nats.restart();
  });
});

describe('a reply that nobody waits for', () => {
  /** Published behind the back of every requester, as by one that has ended. */
  async function delivered(): Promise<JsMsg> {
    await jetstream(worker).publish(SUBJECT, 'x');
    const consumer = await jetstream(worker).consumers.get('PAYMENTS', 'w');
    return until('it is delivered', async () => (await consumer.next({ expires: 1_000 })) ?? undefined);
  }
  const pendingOf = async () =>
    (await (await jetstreamManager(worker)).consumers.info('PAYMENTS', 'w')).num_ack_pending;

  it('is told with the delivery it answers, and acknowledged where somebody knows whose it is', async () => {
    const heard: UnclaimedReply[] = [];
    requester.onUnclaimed(async (one) => {
      heard.push(one);
      return heard.length > 1;
    });
    await requester.ready();
    const message = await delivered();
    worker.publish(ackSubject(message), encode({ status: 'success' }));
    await until('it is told', () => heard.length === 1);
    expect(heard[0]?.delivery).toMatchObject({ stream: 'PAYMENTS', consumer: 'w', streamSeq: 1 });
    expect(await pendingOf()).toBe(1);
    const named = encode({ status: 'success', correlation_id: 'nobody' });
    worker.publish(ackSubject(message), named);
    await until('it is acknowledged', async () => (await pendingOf()) === 0);
    expect(decode(heard[1]?.body ?? new Uint8Array())).toMatchObject({ correlation_id: 'nobody' });
  });

  it('is not told when another requester has it, or when its worker takes it back', async () => {
    const heard: unknown[] = [];
    requester.onUnclaimed(async ({ body }) => heard.push(decode(body)) > 0);
    await requester.ready();
    const other = use({});
    await pull((received) => worker.publish(ackSubject(received), encode({ taken: true })));
    await other.requestDurable(message());
    const last = `$JS.ACK.PAYMENTS.w.1.7.7.${Date.now()}000000`;
    for (const [index, end] of ['+TERM it cannot be read', '-NAK'].entries()) {
      worker.publish(`${last}.${index}`, encode({ undone: true }));
      worker.publish(`${last}.${index}`, end);
    }
    worker.publish(`${last}.9`, encode({ last: true }));
    worker.publish(`${last}.9`, '+ACK');
    await until('the last one', () => heard.length > 0);
    expect(heard).toEqual([{ last: true }]);
  });
});
