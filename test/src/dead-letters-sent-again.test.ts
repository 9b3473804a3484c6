/** Requests that were given up and are sent again: which are, and what becomes of them. */
import { planRetry, retryMany } from '@nats-bridge/connector';
import { RECORD_STREAM } from '@nats-bridge/protocol';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { headers as natsHeaders } from '@nats-io/nats-core';
import { describe, expect, it } from 'vitest';
import { ACTOR, broken, deadLettersScene } from './dead-letters-scene.js';
import { neverSent } from './never-sent.js';
import { sayThere } from './say-there.js';
import { MERCHANT, money } from './stack-under-test.js';
import { until } from './until.js';

const scene = deadLettersScene();
const { audited, authorize, keep, oneLetter, workerWith } = scene;

describe('a request that was never begun', () => {
  it('tells its caller what became of it when a person sends it again', async () => {
    keep();
    const webhook_url = 'http://127.0.0.1:9/webhooks/merchant_1/mca_1';
    const asking = (attempt: string) => authorize(attempt, { webhook_url });
    expect(await neverSent(scene.stack, asking, 'att_again')).toMatchObject({ status: 'FAILURE' });
    const letter = await oneLetter();
    expect(letter).toMatchObject({ verdict: 'never_sent' });
    const { lateAnswers } = scene.stack.bridge;
    expect(await lateAnswers.findNote(MERCHANT, 'authorize:att_again')).toBeUndefined();
    await workerWith(() => ({ status: 'success', transaction_id: 'txn_again' }));
    await scene.letters.retry(letter, ACTOR);
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
    await neverSent(scene.stack, authorize, 'att_1');
    await sayThere(scene.stack);
    await scene.letters.retry(await oneLetter(), ACTOR);
    const manager = await jetstreamManager(await scene.stack.nats());
    const { state } = await manager.streams.info('PAYMENTS');
    const sent = await manager.streams.getMessage('PAYMENTS', { seq: state.last_seq });
    expect(sent?.header.get('X-Retry')).toBe('1');
    expect(sent?.header.get('Nats-TTL')).toBe('63s'); // 0.6 s, and two deliveries of 1 s with pauses of 30 s
  });

  it('tells what became of it, too, when the worker that answers knows only the contract', async () => {
    keep();
    const webhook_url = 'http://127.0.0.1:9/webhooks/merchant_1/mca_1';
    await neverSent(scene.stack, (attempt) => authorize(attempt, { webhook_url }), 'att_plain');
    const letter = await oneLetter();
    const nats = await scene.stack.nats();
    const consumer = await jetstream(nats).consumers.get('PAYMENTS', 'hyperswitch-consumer-authorize');
    const taking = consumer.next({ expires: 10_000 });
    await until('it to read', async () => (await consumer.info()).num_waiting > 0);
    await scene.letters.retry(letter, ACTOR);
    const message = await taking;
    if (message === null) throw new Error('it was not sent');
    const headers = natsHeaders();
    headers.set('X-Correlation-Id', message.headers?.get('X-Correlation-Id') ?? '');
    const answer = JSON.stringify({ status: 'success', transaction_id: 'txn_plain' });
    await jetstream(nats).publish(message.headers?.get('X-Reply-To') ?? '', answer, { headers });
    message.ack();
    const { lateAnswers } = scene.stack.bridge;
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
    await neverSent(scene.stack, authorize, 'att_1');
    const letter = await oneLetter();
    await until('nobody to be there', async () => (await scene.stack.bridge.isAnybodyThere()) === false);
    await expect(scene.letters.retry(letter, ACTOR)).rejects.toThrow(
      /no worker is there for authorize, which letter d1 asks for: nothing was sent; start one, then retry it/,
    );
    expect(await scene.letters.list()).toEqual([letter]);
  });

  it('is a letter again, and may have been charged: workers that keep no record may have had it', async () => {
    keep({ lookEveryMs: 100 });
    await neverSent(scene.stack, authorize, 'att_1');
    const consumer = await jetstream(await scene.stack.nats()).consumers.get(
      'PAYMENTS',
      'hyperswitch-consumer-authorize',
    );
    const died = (async () => {
      for (let delivery = 1; delivery <= 2; delivery++) await consumer.next({ expires: 10_000 });
      await consumer.next({ expires: 3_000 }); // the server gives it up when it is asked for more
    })();
    await until('it to read', async () => (await consumer.info()).num_waiting > 0);
    await scene.letters.retry(await oneLetter(), ACTOR);
    expect(await scene.stack.bridge.ledger.findLatest(MERCHANT, 'authorize:att_1')).toMatchObject({
      record: { state: 'sent', retry: 1 },
    });
    await died;
    const next = await oneLetter();
    expect(next).toMatchObject({ queue: 'interventions', verdict: 'unknown', retry: 1 });
    await expect(scene.letters.retry(next, ACTOR)).rejects.toThrow('may have been carried out');
    // Whoever insists has asked the processor; the worker looks all the same.
    const attempts: number[] = [];
    await workerWith((_, { attempt }) => {
      attempts.push(attempt);
      return { status: 'success', transaction_id: 'txn_1' };
    });
    await scene.letters.retry(next, ACTOR, { force: true });
    await until('its answer', () => scene.stack.bridge.findAnswer(MERCHANT, 'authorize:att_1'));
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
    const manager = await jetstreamManager(await scene.stack.nats());
    await manager.streams.purge(RECORD_STREAM);
    isBroken = false;
    await scene.letters.retry(letter, ACTOR, { force: true });
    await until('its answer', () => scene.stack.bridge.findAnswer(MERCHANT, 'authorize:att_1'));
    expect(attempts).toEqual([1, 2, 2]);
  });
});

it('is never sent again once it was answered, also when its record has expired before its letter', async () => {
  keep();
  await workerWith(() => ({ status: 'success', transaction_id: 'txn_1' }));
  expect(await authorize('att_1')).toMatchObject({ status: 'CHARGED' });
  const manager = await jetstreamManager(await scene.stack.nats());
  // Outside of the window in which the stream knows a message id again.
  await manager.streams.update('PAYMENTS', { duplicate_window: 100_000_000 });
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(await authorize('att_1', { amount: money(99) })).toMatchObject({ status: 'PENDING' });
  const letter = await oneLetter();
  expect(letter).toMatchObject({ verdict: 'answered_yes' });
  await manager.streams.purge(RECORD_STREAM);
  expect(await scene.letters.verdict(letter)).toBe('answered_yes');
  await expect(scene.letters.retry(letter, ACTOR)).rejects.toThrow('was carried out');
});

it('is not sent again by who still has it in hand when another has discarded it', async () => {
  keep();
  await neverSent(scene.stack, authorize, 'att_1');
  const letter = await oneLetter();
  await scene.letters.discard(letter, { who: 'sam', why: 'the customer has paid otherwise' });
  const executed: string[] = [];
  await workerWith(({ router_data }) => {
    executed.push(router_data.attempt_id);
    return { status: 'success' };
  });
  await expect(scene.letters.retry(letter, ACTOR)).rejects.toThrow('was dealt with meanwhile');
  await expect(scene.letters.discard(letter, ACTOR)).rejects.toThrow('was dealt with meanwhile');
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
      expect(await neverSent(scene.stack, authorize, `att_${index}`)).toMatchObject({ status: 'FAILURE' });
    const chosen = await until('three letters', async () => {
      const found = await scene.letters.list({ cause: 'no processor', operation: 'authorize' });
      return found.length === 3 ? found : undefined;
    });
    const all = await scene.letters.list();
    expect(all.length).toBe(4);
    const plan = (force = false) => planRetry(scene.letters, all, { perSecond: 20, force });
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
    expect(await scene.letters.list()).toHaveLength(4);
    const seen: number[] = [];
    const done = await retryMany(scene.letters, chosen, {
      perSecond: 20,
      actor: ACTOR,
      onProgress: (count) => seen.push(count),
    });
    expect(done).toMatchObject({ retried: 3, skipped: {}, failed: [] });
    expect(seen).toEqual([1, 2, 3]);
    await until('they ran', () => (ran.length === 3 ? true : undefined));
    expect(ran.toSorted()).toEqual(['authorize:att_1', 'authorize:att_2', 'authorize:att_3']);
    expect(await scene.letters.list()).toHaveLength(1);
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
    const asking = scene.stack.call(
      'PaymentService/Get',
      { connector_transaction_id: 'pi_1', amount: money(1) },
      'a',
    );
    const letter = await oneLetter({ operation: 'sync' });
    await scene.letters.retry(letter, ACTOR, { patch: { connector_transaction_id: 'pi_right' } });
    await until('it ran', () => asked.find((one) => one.connector_transaction_id === 'pi_right'));
    expect(await audited()).toMatchObject([{ action: 'edit' }]);
    await asking;
  });
});
