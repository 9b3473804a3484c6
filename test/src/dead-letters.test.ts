/** Requests that were given up: where they land, with which verdict, and what may then be done with them. */
import {
  createDeadLetters,
  type DeadLetter,
  type DeadLetters,
  type Keeper,
  keepDeadLetters,
  planRetry,
  retryMany,
  topologyOf,
} from '@nats-bridge/connector';
import { applyTopology, storedMessages } from '@nats-bridge/messaging';
import {
  AUDIT_STREAM,
  decodeBody,
  LATE_STREAM,
  NOTICE_STREAM,
  RECORD_STREAM,
  recordSubject,
} from '@nats-bridge/protocol';
import { createWorker, type Handler, type Worker } from '@nats-bridge/worker';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { headers as natsHeaders } from '@nats-io/nats-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { archiveCaughtUp } from './archive-caught-up.js';
import { runCli } from './cli-process.js';
import { startNaiveWorker } from './naive-worker.js';
import { neverSent } from './never-sent.js';
import { sayThere } from './say-there.js';
import { authorizeRequest, MERCHANT, money, type Stack, startStack } from './stack-under-test.js';
import { until } from './until.js';

const AUTHORIZE = 'PaymentService/Authorize';
const ACTOR = { who: 'jo', why: 'the processor was asked' };

let stack: Stack;
let letters: DeadLetters;
const closers: (() => unknown)[] = [];

beforeEach(async () => {
  stack = await startStack({
    sandbox: false,
    config: {
      request_timeout_ms: 5_000,
      timeouts: { authorize: 600 },
      jetstream: { ack_wait: 1_000, max_deliver: 2 },
    },
  });
  letters = createDeadLetters(stack.bridge);
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  letters.close();
  await stack.close();
});

function keep(): Keeper {
  const keeper = keepDeadLetters(stack.bridge);
  closers.push(() => keeper.close());
  return keeper;
}

async function workerWith(authorize: Handler, more = {}): Promise<Worker> {
  const worker = createWorker({ servers: stack.server.url, handlers: { authorize, ...more } });
  await worker.start();
  closers.push(() => worker.stop());
  return worker;
}

const authorize = (attempt: string, changes = {}) =>
  stack.call(AUTHORIZE, authorizeRequest(attempt, changes), attempt);
const oneLetter = (filter = {}): Promise<DeadLetter> =>
  until('a letter', async () => (await letters.list(filter))[0]);
const audited = async () => {
  const entries: { action: string; who: string; why: string; what: Record<string, unknown> }[] = [];
  for await (const { body } of storedMessages(stack.bridge.connection, AUDIT_STREAM))
    entries.push(decodeBody(body) as (typeof entries)[number]);
  return entries;
};
const broken: Handler = () => {
  throw new TypeError('card 4242424242424242 is not a string');
};

/** As an operator does who lost it, or made room: sequences begin anew. */
async function makeStreamAgain(): Promise<void> {
  const { connection, config } = stack.bridge;
  const { streams } = await jetstreamManager(await connection.get());
  await streams.delete('PAYMENTS');
  await applyTopology(connection, topologyOf(config));
}

describe('a request of a stream that was made again', () => {
  it('has a letter of its own, and goes on counting', async () => {
    keep();
    const keys = async () =>
      (await letters.list({})).map(({ idempotencyKey, original }) => [idempotencyKey, original.seq]);
    const first = await workerWith(broken);
    await authorize('att_1');
    await until('its letter', async () => (await keys())[0]);
    await first.stop();
    await makeStreamAgain();
    await workerWith(broken);
    await authorize('att_2');
    await until('the other letter', async () => (await keys())[1]);
    expect((await keys()).toSorted()).toEqual([
      ['authorize:att_1', 1],
      ['authorize:att_2', 2],
    ]);
  });

  it('is not taken for the one that was given up before', async () => {
    const worker = await workerWith(broken);
    await authorize('att_1');
    const { streams } = await jetstreamManager(await stack.nats());
    await until('it is given up', async () => {
      const { state } = await streams.info(NOTICE_STREAM);
      return state.messages === 1 ? true : undefined;
    });
    await worker.stop();
    await archiveCaughtUp(stack);
    await makeStreamAgain();
    await neverSent(stack, authorize, 'att_2');
    await until('it is copied, too', async () =>
      (await streams.info('PAYMENTS_ARCHIVE')).state.messages === 2 ? true : undefined,
    );
    keep();
    const keys = async () => (await letters.list({})).map(({ idempotencyKey }) => idempotencyKey);
    await until('both letters', async () => (await keys())[1]);
    expect((await keys()).toSorted()).toEqual(['authorize:att_1', 'authorize:att_2']);
  });
});

describe('a request whose every delivery failed', () => {
  it('waits for a person when money may have moved, and says all but what it holds', async () => {
    keep();
    await workerWith(broken);
    expect(await authorize('att_1')).toMatchObject({ status: 'PENDING' });
    const letter = await oneLetter();
    expect(letter).toMatchObject({
      queue: 'interventions',
      merchantId: MERCHANT,
      operation: 'authorize',
      paymentId: 'pay_of_att_1',
      idempotencyKey: 'authorize:att_1',
      reason: 'max_deliver',
      error: 'TypeError',
      verdict: 'unknown',
      attempts: 2,
      original: { stream: 'PAYMENTS', consumer: 'hyperswitch-consumer-authorize' },
    });
    const { body: _, ...shown } = letter;
    expect(JSON.stringify(shown)).not.toContain('4242');
    await expect(letters.retry(letter, ACTOR)).rejects.toThrow('letter i1 may have been carried out');
  });

  it('is settled by what a person found out, and the next sync says so', async () => {
    keep();
    await workerWith(broken, {
      sync: () => ({ status: 'failure', error: { code: 'not_found', message: 'no such payment' } }),
    });
    const { connector_transaction_id } = await authorize('att_1');
    const letter = await oneLetter();
    await letters.resolve(letter, ACTOR, { status: 'success', transactionId: 'pi_found' });
    expect(await letters.list()).toEqual([]);
    expect(await stack.bridge.findAnswer(MERCHANT, 'authorize:att_1')).toMatchObject({
      status: 'success',
      transaction_id: 'pi_found',
    });
    expect(await stack.call(AUTHORIZE, authorizeRequest('att_1'), 'att_1')).toMatchObject({
      status: 'CHARGED',
      connector_transaction_id: 'pi_found',
    });
    expect(connector_transaction_id).toBe('bridge:authorize:att_1');
    expect(await audited()).toMatchObject([
      { action: 'resolve', ...ACTOR, what: { idempotencyKey: 'authorize:att_1', status: 'success' } },
    ]);
    await expect(letters.resolve(letter, ACTOR, { status: 'failure' })).rejects.toThrow(/has an answer/);
  });

  it('is told to its caller when a person settles it, also when the note of that has expired, or never was', async () => {
    keep();
    await workerWith(broken);
    const webhook_url = 'http://127.0.0.1:9/webhooks/merchant_1/mca_1';
    expect(await authorize('att_1', { webhook_url })).toMatchObject({ status: 'PENDING' });
    const letter = await oneLetter();
    const { connection, lateAnswers } = stack.bridge;
    await (await jetstreamManager(await connection.get())).streams.purge(LATE_STREAM);
    await letters.resolve(letter, ACTOR, { status: 'success', transactionId: 'pi_found' });
    expect(await lateAnswers.find(MERCHANT, 'authorize:att_1')).toMatchObject({
      note: { webhook_url },
      outcome: { kind: 'answered', status: 'CHARGED', transactionId: 'pi_found' },
    });
  });

  it('is settled by nobody while a worker is at it: its answer may still come', async () => {
    keep();
    await workerWith(broken);
    await authorize('att_1');
    const letter = await oneLetter();
    const { ledger } = stack.bridge;
    const claim = async (leaseUntil: number) => {
      const entry = await ledger.findLatest(MERCHANT, 'authorize:att_1');
      if (entry === undefined) throw new Error('no record');
      const claimed = { ...entry.record, by: 'worker 7', leaseUntil };
      await ledger.write(MERCHANT, 'authorize:att_1', claimed, entry.record.seq);
    };
    await claim(Date.now() + 60_000);
    const resolved = () => letters.resolve(letter, ACTOR, { status: 'failure' });
    await expect(resolved()).rejects.toThrow(/is in the hand of worker 7 until 20.*Z, longer while/);
    expect(await audited()).toEqual([]);
    await claim(Date.now());
    await resolved();
    expect(await stack.bridge.findAnswer(MERCHANT, 'authorize:att_1')).toMatchObject({ status: 'failure' });
  });

  it('is settled by a person, too, when a worker has answered what nobody can read', async () => {
    keep();
    await workerWith(broken);
    await authorize('att_1');
    const letter = await oneLetter();
    const subject = recordSubject(MERCHANT, 'authorize:att_1');
    await jetstream(await stack.nats()).publish(subject, JSON.stringify({ status: 'succeeded' }));
    expect(await letters.verdict(letter)).toBe('unknown');
    await expect(letters.retry(letter, ACTOR, { force: true })).rejects.toThrow(
      /the answer cannot be read: it is never sent again/,
    );
    await letters.resolve(letter, ACTOR, { status: 'success', transactionId: 'pi_found' });
    expect(await stack.bridge.findAnswer(MERCHANT, 'authorize:att_1')).toMatchObject({
      status: 'success',
      transaction_id: 'pi_found',
    });
  });

  it('is sent again under its own key when a person insists, and is then gone', async () => {
    keep();
    const keys: string[] = [];
    let isBroken = true;
    await workerWith((_, { idempotencyKey, attempt }) => {
      keys.push(`${idempotencyKey} ${attempt}`);
      if (isBroken) throw new Error('away');
      return { status: 'success', transaction_id: 'txn_1' };
    });
    await authorize('att_1');
    const letter = await oneLetter();
    isBroken = false;
    await letters.retry(letter, ACTOR, { force: true });
    await until('its answer', () => stack.bridge.findAnswer(MERCHANT, 'authorize:att_1'));
    expect(keys).toEqual(['authorize:att_1 1', 'authorize:att_1 2', 'authorize:att_1 3']);
    expect(await letters.list()).toEqual([]);
    expect(await audited()).toMatchObject([{ action: 'retry', what: { retry: 1, verdict: 'unknown' } }]);
    // What was answered is never sent again, whoever insists.
    await expect(letters.retry(letter, ACTOR, { force: true })).rejects.toThrow(/was carried out/);
  });

  it('becomes one letter, however many bridges keep them, and also when none ran at the time', async () => {
    await workerWith(broken);
    await authorize('att_1');
    const manager = await jetstreamManager(await stack.nats());
    await until('the notice', async () =>
      (await manager.streams.info('DELIVERY_NOTICES')).state.messages > 0 ? true : undefined,
    );
    keep();
    keep();
    expect(await oneLetter()).toMatchObject({ idempotencyKey: 'authorize:att_1' });
    await until('no notice is left', async () => {
      const info = await manager.consumers.info('DELIVERY_NOTICES', 'dead-letter-keeper');
      return info.num_pending + info.num_ack_pending === 0 ? true : undefined;
    });
    expect(await letters.list()).toHaveLength(1);
  });
});

describe('a question whose every delivery failed', () => {
  it('is a plain dead letter: asking never moved money', async () => {
    keep();
    await workerWith(broken, { sync: broken });
    const asking = stack.call(
      'PaymentService/Get',
      { connector_transaction_id: 'pi_1', amount: money(1) },
      'a',
    );
    expect(await oneLetter({ queue: 'dead_letters' })).toMatchObject({ operation: 'sync' });
    await asking;
  });
});

describe('what is no request', () => {
  it('lands among the dead letters with the reason, and was never sent to a handler', async () => {
    keep();
    await workerWith(() => ({ status: 'success' }));
    const headers = natsHeaders();
    headers.set('X-Merchant-Id', 'm');
    const js = jetstream(await stack.nats());
    await js.publish('hyperswitch.payments.m.authorize', '{"operation":"authorize"}', { headers });
    const letter = await oneLetter();
    expect(letter).toMatchObject({
      queue: 'dead_letters',
      merchantId: 'm',
      operation: 'authorize',
      verdict: 'never_sent',
    });
    expect(letter.reason).toMatch(/^malformed: not a valid request: .*merchant_id/);
    await letters.discard(letter, ACTOR);
    expect(await letters.list()).toEqual([]);
    expect(await audited()).toMatchObject([{ action: 'discard', why: ACTOR.why }]);
  });
});

describe('a worker that keeps no record', () => {
  it('leaves what it never acknowledged to a person, though its original has left the stream', async () => {
    const nats = await stack.nats();
    const manager = await jetstreamManager(nats);
    await startNaiveWorker(nats, () => {}, { ack_wait: 300_000_000 });
    expect(await authorize('att_1')).toMatchObject({ status: 'PENDING' });
    await until('the notice', async () =>
      (await manager.streams.info('DELIVERY_NOTICES')).state.messages > 0 ? true : undefined,
    );
    await until('the archive has it', async () =>
      (await manager.streams.info('PAYMENTS_ARCHIVE')).state.messages > 0 ? true : undefined,
    );
    await manager.streams.purge('PAYMENTS');
    keep();
    expect(await oneLetter()).toMatchObject({
      queue: 'interventions',
      verdict: 'unknown',
      idempotencyKey: 'authorize:att_1',
      original: { consumer: 'naive' },
    });
  });
});

describe('a request that was never begun', () => {
  it('tells its caller what became of it when a person sends it again', async () => {
    keep();
    const webhook_url = 'http://127.0.0.1:9/webhooks/merchant_1/mca_1';
    const asking = (attempt: string) => authorize(attempt, { webhook_url });
    expect(await neverSent(stack, asking, 'att_again')).toMatchObject({ status: 'FAILURE' });
    const letter = await oneLetter();
    expect(letter).toMatchObject({ verdict: 'never_sent' });
    const { lateAnswers } = stack.bridge;
    expect(await lateAnswers.findNote(MERCHANT, 'authorize:att_again')).toBeUndefined();
    await workerWith(() => ({ status: 'success', transaction_id: 'txn_again' }));
    await letters.retry(letter, ACTOR);
    const settled = await until('it is settled', () => lateAnswers.find(MERCHANT, 'authorize:att_again'));
    expect(settled).toMatchObject({
      note: { webhook_url, retry: 1 },
      outcome: { kind: 'answered', status: 'CHARGED', transactionId: 'txn_again' },
    });
  });
});

describe('a request sent again', () => {
  it('lives as long as one sent first: until every delivery of it is over', async () => {
    keep();
    await neverSent(stack, authorize, 'att_1');
    await sayThere(stack);
    await letters.retry(await oneLetter(), ACTOR);
    const manager = await jetstreamManager(await stack.nats());
    const { state } = await manager.streams.info('PAYMENTS');
    const sent = await manager.streams.getMessage('PAYMENTS', { seq: state.last_seq });
    expect(sent?.header.get('X-Retry')).toBe('1');
    expect(sent?.header.get('Nats-TTL')).toBe('63s'); // 0.6 s, and two deliveries of 1 s with pauses of 30 s
  });

  it('tells what became of it, too, when the worker that answers knows only the contract', async () => {
    keep();
    const webhook_url = 'http://127.0.0.1:9/webhooks/merchant_1/mca_1';
    await neverSent(stack, (attempt) => authorize(attempt, { webhook_url }), 'att_plain');
    const letter = await oneLetter();
    const nats = await stack.nats();
    const consumer = await jetstream(nats).consumers.get('PAYMENTS', 'hyperswitch-consumer-authorize');
    const taking = consumer.next({ expires: 10_000 });
    await until('it to read', async () => (await consumer.info()).num_waiting > 0);
    await letters.retry(letter, ACTOR);
    const message = await taking;
    if (message === null) throw new Error('it was not sent');
    const headers = natsHeaders();
    headers.set('X-Correlation-Id', message.headers?.get('X-Correlation-Id') ?? '');
    const answer = JSON.stringify({ status: 'success', transaction_id: 'txn_plain' });
    await jetstream(nats).publish(message.headers?.get('X-Reply-To') ?? '', answer, { headers });
    message.ack();
    const { lateAnswers } = stack.bridge;
    const settled = await until('it is settled', () => lateAnswers.find(MERCHANT, 'authorize:att_plain'));
    expect(settled).toMatchObject({
      note: { retry: 1 },
      outcome: { kind: 'answered', status: 'CHARGED', transactionId: 'txn_plain' },
    });
  });
});

describe('a request sent again that nobody answers', () => {
  it('is not sent while nobody takes it, and stays a letter', async () => {
    keep();
    await neverSent(stack, authorize, 'att_1');
    const letter = await oneLetter();
    await until('nobody to be there', async () => (await stack.bridge.isAnybodyThere()) === false);
    await expect(letters.retry(letter, ACTOR)).rejects.toThrow(
      /no worker is there for authorize, which letter d1 asks for: nothing was sent; start one, then retry it/,
    );
    expect(await letters.list()).toEqual([letter]);
  });

  it('is a letter again, and may have been charged: workers that keep no record may have had it', async () => {
    closers.push(keepDeadLetters(stack.bridge, { lookEveryMs: 100 }).close);
    await neverSent(stack, authorize, 'att_1');
    const consumer = await jetstream(await stack.nats()).consumers.get(
      'PAYMENTS',
      'hyperswitch-consumer-authorize',
    );
    const died = (async () => {
      for (let delivery = 1; delivery <= 2; delivery++) await consumer.next({ expires: 10_000 });
      await consumer.next({ expires: 3_000 }); // the server gives it up when it is asked for more
    })();
    await until('it to read', async () => (await consumer.info()).num_waiting > 0);
    await letters.retry(await oneLetter(), ACTOR);
    expect(await stack.bridge.ledger.findLatest(MERCHANT, 'authorize:att_1')).toMatchObject({
      record: { state: 'sent', retry: 1 },
    });
    await died;
    const next = await oneLetter();
    expect(next).toMatchObject({ queue: 'interventions', verdict: 'unknown', retry: 1 });
    await expect(letters.retry(next, ACTOR)).rejects.toThrow('may have been carried out');
    // Whoever insists has asked the processor; the worker looks all the same.
    const attempts: number[] = [];
    await workerWith((_, { attempt }) => {
      attempts.push(attempt);
      return { status: 'success', transaction_id: 'txn_1' };
    });
    await letters.retry(next, ACTOR, { force: true });
    await until('its answer', () => stack.bridge.findAnswer(MERCHANT, 'authorize:att_1'));
    expect(attempts).toEqual([2]);
  });

  it('is looked at before it is charged, also when what is known of it has expired', async () => {
    keep();
    const attempts: number[] = [];
    let isBroken = true;
    await workerWith((_, { attempt }) => {
      attempts.push(attempt);
      if (isBroken) throw new Error('away');
      return { status: 'success', transaction_id: 'txn_1' };
    });
    await authorize('att_1');
    const letter = await oneLetter();
    const manager = await jetstreamManager(await stack.nats());
    await manager.streams.purge(RECORD_STREAM);
    isBroken = false;
    await letters.retry(letter, ACTOR, { force: true });
    await until('its answer', () => stack.bridge.findAnswer(MERCHANT, 'authorize:att_1'));
    expect(attempts).toEqual([1, 2, 2]);
  });
});

it('is never sent again once it was answered, also when its record has expired before its letter', async () => {
  keep();
  await workerWith(() => ({ status: 'success', transaction_id: 'txn_1' }));
  expect(await authorize('att_1')).toMatchObject({ status: 'CHARGED' });
  const manager = await jetstreamManager(await stack.nats());
  // Outside of the window in which the stream knows a message id again.
  await manager.streams.update('PAYMENTS', { duplicate_window: 100_000_000 });
  await new Promise((resolve) => setTimeout(resolve, 300));
  await expect(authorize('att_1', { amount: money(99) })).rejects.toThrow();
  const letter = await oneLetter();
  expect(letter).toMatchObject({ verdict: 'answered_yes' });
  await manager.streams.purge(RECORD_STREAM);
  expect(await letters.verdict(letter)).toBe('answered_yes');
  await expect(letters.retry(letter, ACTOR)).rejects.toThrow('was carried out');
});

it('is not sent again by who still has it in hand when another has discarded it', async () => {
  keep();
  await neverSent(stack, authorize, 'att_1');
  const letter = await oneLetter();
  await letters.discard(letter, { who: 'sam', why: 'the customer has paid otherwise' });
  const executed: string[] = [];
  await workerWith(({ router_data }) => {
    executed.push(router_data.attempt_id);
    return { status: 'success' };
  });
  await expect(letters.retry(letter, ACTOR)).rejects.toThrow('was dealt with meanwhile');
  await expect(letters.discard(letter, ACTOR)).rejects.toThrow('was dealt with meanwhile');
  expect(executed).toEqual([]);
  expect((await audited()).map(({ action }) => action)).toEqual(['discard']);
});

describe('many letters', () => {
  it('are sent again at a rate, by filter, and never those that may have been charged', async () => {
    keep();
    const ran: string[] = [];
    const worker = await workerWith((_, { idempotencyKey }) => {
      if (idempotencyKey.endsWith('bad')) throw new Error('no');
      ran.push(idempotencyKey);
      return { status: 'success', transaction_id: idempotencyKey };
    });
    await authorize('att_bad');
    await oneLetter({ queue: 'interventions' });
    await worker.stop();
    for (const index of [1, 2, 3])
      expect(await neverSent(stack, authorize, `att_${index}`)).toMatchObject({ status: 'FAILURE' });
    const chosen = await until('three letters', async () => {
      const found = await letters.list({ cause: 'no processor', operation: 'authorize' });
      return found.length === 3 ? found : undefined;
    });
    const all = await letters.list();
    expect(all.length).toBe(4);
    const plan = (force = false) => planRetry(letters, all, { perSecond: 20, force });
    const nobody = { name: expect.any(String), why: expect.stringContaining('no worker is there') };
    expect(await plan()).toMatchObject({
      retried: 0,
      skipped: { unknown: 1 },
      failed: Array(3).fill(nobody),
    });
    await workerWith((_, { idempotencyKey }) => {
      ran.push(idempotencyKey);
      return { status: 'success', transaction_id: idempotencyKey };
    });
    expect(await plan()).toEqual({ retried: 3, skipped: { unknown: 1 }, failed: [], ms: 150 });
    expect(await plan(true)).toEqual({ retried: 4, skipped: {}, failed: [], ms: 200 });
    expect(ran).toEqual([]);
    expect(await letters.list()).toHaveLength(4);
    const seen: number[] = [];
    const done = await retryMany(letters, chosen, {
      perSecond: 20,
      actor: ACTOR,
      onProgress: (count) => seen.push(count),
    });
    expect(done).toMatchObject({ retried: 3, skipped: {}, failed: [] });
    expect(seen).toEqual([1, 2, 3]);
    await until('they ran', () => (ran.length === 3 ? true : undefined));
    expect(ran.toSorted()).toEqual(['authorize:att_1', 'authorize:att_2', 'authorize:att_3']);
    expect(await letters.list()).toHaveLength(1);
  });

  it('can be mended before they are sent again: the request only, never what identifies it', async () => {
    keep();
    await workerWith(broken, {
      sync: (request: { router_data: { request: Record<string, unknown> } }) => {
        asked.push(request.router_data.request);
        if (request.router_data.request.connector_transaction_id !== 'pi_right') throw new Error('no');
        return { status: 'success' };
      },
    });
    const asked: Record<string, unknown>[] = [];
    const asking = stack.call(
      'PaymentService/Get',
      { connector_transaction_id: 'pi_1', amount: money(1) },
      'a',
    );
    const letter = await oneLetter({ operation: 'sync' });
    await letters.retry(letter, ACTOR, { patch: { connector_transaction_id: 'pi_right' } });
    await until('it ran', () => asked.find((one) => one.connector_transaction_id === 'pi_right'));
    expect(await audited()).toMatchObject([{ action: 'edit' }]);
    await asking;
  });
});

describe('nats-bridge ledger', () => {
  it('says how far an operation has come, and what that survives', async () => {
    await workerWith(() => ({ status: 'success', transaction_id: 'txn_1' }));
    await authorize('att_1');
    const ledger = (...args: string[]) =>
      runCli(['ledger', MERCHANT, ...args], { NATS_BRIDGE__BASE_URL: stack.server.url });
    const { stdout, code } = await ledger('authorize:att_1');
    expect(code).toBe(0);
    for (const line of [
      /^authorize:att_1 +answered$/m,
      /^payment +pay_of_att_1$/m,
      /^requested +20/m,
      /^delivered +20/m,
      /^attempts +1$/m,
      /^answer +success, txn_1$/m,
      /^survives +process: /m,
    ])
      expect(stdout).toMatch(line);
    expect(JSON.parse((await ledger('authorize:att_1', '--json')).stdout)).toMatchObject({
      merchant_id: MERCHANT,
      payment_id: 'pay_of_att_1',
      state: 'answered',
      attempts: 1,
      status: 'success',
      transaction_id: 'txn_1',
      survives: 'process',
    });
    expect(await ledger('authorize:att_2')).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('no worker has begun authorize:att_2'),
    });
  });
});

describe('nats-bridge dlq', () => {
  const dlq = (...args: string[]) =>
    runCli(['dlq', ...args], {
      NATS_BRIDGE__BASE_URL: stack.server.url,
      NATS_BRIDGE__JETSTREAM__NUM_REPLICAS: '1',
      NATS_BRIDGE__JETSTREAM__ACK_WAIT: '1000',
      NATS_BRIDGE__JETSTREAM__MAX_DELIVER: '2',
    });

  it('shows what was given up, refuses what is not safe, and records what a person decides', async () => {
    keep();
    await workerWith(broken);
    await authorize('att_1');
    await oneLetter();
    const { stdout, code } = await dlq('list', '--since', '1h');
    expect(code).toBe(0);
    const [head, line] = stdout.split('\n');
    expect(head?.split(/\s{2,}/)).toEqual([
      'letter',
      'given up',
      'merchant',
      'payment',
      'operation',
      'verdict',
      'reason',
    ]);
    expect(line).toMatch(/^i1 .* merchant_1 +pay_\w+ +authorize +unknown +max_deliver, TypeError$/);
    expect((await dlq('list', '--merchant', 'nobody')).stdout).toBe('No letters.\n');

    const shown = await dlq('show', 'i1');
    expect(shown.stdout).toContain('unknown: it may have been charged: ask the processor');
    expect(shown.stdout).not.toContain('4242');
    expect(JSON.parse((await dlq('show', 'i1', '--json')).stdout)).toMatchObject({
      name: 'i1',
      queue: 'interventions',
      merchant_id: MERCHANT,
      idempotency_key: 'authorize:att_1',
      verdict_now: 'unknown',
      request_bytes: expect.any(Number),
    });

    const plan = await dlq('retry', '--queue', 'interventions', '--dry-run', '--json');
    const left = { skipped: { unknown: 1 }, failed: [] };
    expect(JSON.parse(plan.stdout)).toEqual({ would_retry: 0, ...left, eta_ms: 0 });
    const retried = await dlq('retry', 'i1', '--reason', 'x', '--json');
    expect(JSON.parse(retried.stdout)).toEqual({ retried: 0, ...left, duration_ms: expect.any(Number) });
    expect(await dlq('retry', '--reason', 'x')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('name letters or give a filter'),
    });
    expect(await dlq('discard', 'i1')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("required option '--reason <text>'"),
    });
    expect(await dlq('discard', 'i1', 'd9', '--reason', 'x')).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('there is no letter d9'),
    });
    expect(await dlq('list', '--operation', 'authorise')).toMatchObject({
      code: 0,
      stdout: 'No letters.\n',
      stderr: expect.stringContaining('authorise is no operation; did you mean authorize?'),
    });
    expect(await dlq('show', 'x9')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('is no letter'),
    });

    const settled = await dlq(
      'resolve',
      'i1',
      '--status',
      'success',
      '--transaction-id',
      'pi_1',
      '--reason',
      'asked',
      '--as',
      'jo',
    );
    expect(settled).toMatchObject({ code: 0, stdout: '✓ i1 is recorded as success\n' });
    expect(await dlq('show', 'i1')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no letter i1: it was settled, is too old, or never was'),
    });
    expect(await audited()).toMatchObject([{ action: 'resolve', who: 'jo', why: 'asked' }]);
  });

  it('shows all of a reason, and says that what is malformed will come back', async () => {
    keep();
    await workerWith(broken);
    const js = jetstream(await stack.nats());
    await js.publish('hyperswitch.payments.m.authorize', '{"operation":"authorize"}');
    const { reason } = await oneLetter();
    expect(reason.length).toBeGreaterThan(40);
    expect((await dlq('list')).stdout).toContain(reason);
    const plan = await dlq('retry', 'd1', '--dry-run', '--reason', 'x');
    expect(plan.stdout).toContain('malformed: d1 will come back, in doubt');
  });
});
