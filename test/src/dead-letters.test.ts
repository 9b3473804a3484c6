/** Requests that were given up: where they land, with which verdict, and how they are settled. */
import { topologyOf } from '@nats-bridge/connector';
import { applyTopology } from '@nats-bridge/messaging';
import { LATE_STREAM, NOTICE_STREAM, recordSubject } from '@nats-bridge/protocol';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { headers as natsHeaders } from '@nats-io/nats-core';
import { describe, expect, it } from 'vitest';
import { archiveCaughtUp } from './archive-caught-up.js';
import { ACTOR, AUTHORIZE, broken, deadLettersScene } from './dead-letters-scene.js';
import { startNaiveWorker } from './naive-worker.js';
import { neverSent } from './never-sent.js';
import { authorizeRequest, MERCHANT, money } from './stack-under-test.js';
import { until } from './until.js';

const scene = deadLettersScene();
const { audited, authorize, keep, oneLetter, workerWith } = scene;

/** As an operator does who lost it, or made room: sequences begin anew. */
async function makeStreamAgain(): Promise<void> {
  const { connection, config } = scene.stack.bridge;
  const { streams } = await jetstreamManager(await connection.get());
  await streams.delete('PAYMENTS');
  await applyTopology(connection, topologyOf(config));
}

describe('a request of a stream that was made again', () => {
  it('has a letter of its own, and goes on counting', async () => {
    keep();
    const keys = async () =>
      (await scene.letters.list({})).map(({ idempotencyKey, original }) => [idempotencyKey, original.seq]);
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
    const { streams } = await jetstreamManager(await scene.stack.nats());
    await until('it is given up', async () => {
      const { state } = await streams.info(NOTICE_STREAM);
      return state.messages === 1 ? true : undefined;
    });
    await worker.stop();
    await archiveCaughtUp(scene.stack);
    await makeStreamAgain();
    await neverSent(scene.stack, authorize, 'att_2');
    await until('it is copied, too', async () =>
      (await streams.info('PAYMENTS_ARCHIVE')).state.messages === 2 ? true : undefined,
    );
    keep();
    const keys = async () => (await scene.letters.list({})).map(({ idempotencyKey }) => idempotencyKey);
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
    await expect(scene.letters.retry(letter, ACTOR)).rejects.toThrow('letter i1 may have been carried out');
  });

  it('is settled by what a person found out, and the next sync says so', async () => {
    keep();
    await workerWith(broken, {
      sync: () => ({ status: 'failure', error: { code: 'not_found', message: 'no such payment' } }),
    });
    const { connector_transaction_id } = await authorize('att_1');
    const letter = await oneLetter();
    await scene.letters.resolve(letter, ACTOR, { status: 'success', transactionId: 'pi_found' });
    expect(await scene.letters.list()).toEqual([]);
    expect(await scene.stack.bridge.findAnswer(MERCHANT, 'authorize:att_1')).toMatchObject({
      status: 'success',
      transaction_id: 'pi_found',
    });
    expect(await scene.stack.call(AUTHORIZE, authorizeRequest('att_1'), 'att_1')).toMatchObject({
      status: 'CHARGED',
      connector_transaction_id: 'pi_found',
    });
    expect(connector_transaction_id).toBe('bridge:authorize:att_1');
    expect(await audited()).toMatchObject([
      { action: 'resolve', ...ACTOR, what: { idempotencyKey: 'authorize:att_1', status: 'success' } },
    ]);
    await expect(scene.letters.resolve(letter, ACTOR, { status: 'failure' })).rejects.toThrow(
      /has an answer/,
    );
  });

  it('is told to its caller when a person settles it, also when the note of that has expired, or never was', async () => {
    keep();
    await workerWith(broken);
    const webhook_url = 'http://127.0.0.1:9/webhooks/merchant_1/mca_1';
    expect(await authorize('att_1', { webhook_url })).toMatchObject({ status: 'PENDING' });
    const letter = await oneLetter();
    const { connection, lateAnswers } = scene.stack.bridge;
    await (await jetstreamManager(await connection.get())).streams.purge(LATE_STREAM);
    await scene.letters.resolve(letter, ACTOR, { status: 'success', transactionId: 'pi_found' });
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
    const { ledger } = scene.stack.bridge;
    const claim = async (leaseUntil: number) => {
      const entry = await ledger.findLatest(MERCHANT, 'authorize:att_1');
      if (entry === undefined) throw new Error('no record');
      const claimed = { ...entry.record, by: 'worker 7', leaseUntil };
      await ledger.write(MERCHANT, 'authorize:att_1', claimed, entry.record.seq);
    };
    await claim(Date.now() + 60_000);
    const resolved = () => scene.letters.resolve(letter, ACTOR, { status: 'failure' });
    await expect(resolved()).rejects.toThrow(/is in the hand of worker 7 until 20.*Z, longer while/);
    expect(await audited()).toEqual([]);
    await claim(Date.now());
    await resolved();
    expect(await scene.stack.bridge.findAnswer(MERCHANT, 'authorize:att_1')).toMatchObject({
      status: 'failure',
    });
  });

  it('is settled by a person, too, when a worker has answered what nobody can read', async () => {
    keep();
    await workerWith(broken);
    await authorize('att_1');
    const letter = await oneLetter();
    const subject = recordSubject(MERCHANT, 'authorize:att_1');
    await jetstream(await scene.stack.nats()).publish(subject, JSON.stringify({ status: 'succeeded' }));
    expect(await scene.letters.verdict(letter)).toBe('unknown');
    await expect(scene.letters.retry(letter, ACTOR, { force: true })).rejects.toThrow(
      /the answer cannot be read: it is never sent again/,
    );
    await scene.letters.resolve(letter, ACTOR, { status: 'success', transactionId: 'pi_found' });
    expect(await scene.stack.bridge.findAnswer(MERCHANT, 'authorize:att_1')).toMatchObject({
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
    await scene.letters.retry(letter, ACTOR, { force: true });
    await until('its answer', () => scene.stack.bridge.findAnswer(MERCHANT, 'authorize:att_1'));
    expect(keys).toEqual(['authorize:att_1 1', 'authorize:att_1 2', 'authorize:att_1 3']);
    expect(await scene.letters.list()).toEqual([]);
    expect(await audited()).toMatchObject([{ action: 'retry', what: { retry: 1, verdict: 'unknown' } }]);
    // What was answered is never sent again, whoever insists.
    await expect(scene.letters.retry(letter, ACTOR, { force: true })).rejects.toThrow(/was carried out/);
  });

  it('becomes one letter, however many bridges keep them, and also when none ran at the time', async () => {
    await workerWith(broken);
    await authorize('att_1');
    const manager = await jetstreamManager(await scene.stack.nats());
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
    expect(await scene.letters.list()).toHaveLength(1);
  });
});

describe('a question whose every delivery failed', () => {
  it('is a plain dead letter: asking never moved money', async () => {
    keep();
    await workerWith(broken, { sync: broken });
    const asking = scene.stack.call(
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
    const js = jetstream(await scene.stack.nats());
    await js.publish('hyperswitch.payments.m.authorize', '{"operation":"authorize"}', { headers });
    const letter = await oneLetter();
    expect(letter).toMatchObject({
      queue: 'dead_letters',
      merchantId: 'm',
      operation: 'authorize',
      verdict: 'never_sent',
    });
    expect(letter.reason).toMatch(/^malformed: not a valid request: .*merchant_id/);
    await scene.letters.discard(letter, ACTOR);
    expect(await scene.letters.list()).toEqual([]);
    expect(await audited()).toMatchObject([{ action: 'discard', why: ACTOR.why }]);
  });
});

describe('a worker that keeps no record', () => {
  it('leaves what it never acknowledged to a person, though its original has left the stream', async () => {
    const nats = await scene.stack.nats();
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
