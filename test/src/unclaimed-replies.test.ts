/** Workers that keep no records and only respond, when the bridge that asked is gone, or never waited for it. */
import {
  createDeadLetters,
  type DeadLetters,
  keepDeadLetters,
  type NatsBridge,
} from '@nats-bridge/connector';
import { HEADER, recordSubject } from '@nats-bridge/protocol';
import { jetstreamManager } from '@nats-io/jetstream';
import { type Msg, headers as natsHeaders } from '@nats-io/nats-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startNaiveWorker } from './naive-worker.js';
import { neverSent } from './never-sent.js';
import { authorizeRequest, MERCHANT, type Stack, startStack } from './stack-under-test.js';
import { until } from './until.js';

const ACTOR = { who: 'jo', why: 'the processor was asked' };
const ANSWER = { status: 'success', transaction_id: 'txn_naive' };
const config = {
  request_timeout_ms: 5_000,
  // Both deliveries are over before the request leaves the stream at its deadline.
  timeouts: { authorize: 2_500 },
  jetstream: { ack_wait: 1_000, max_deliver: 2 },
};

let stack: Stack;
let letters: DeadLetters;
const closers: (() => unknown)[] = [];

beforeEach(async () => {
  stack = await startStack({ sandbox: false, config });
  letters = createDeadLetters(stack.bridge);
  const keeper = keepDeadLetters(stack.bridge);
  closers.push(
    () => stack.close(),
    () => letters.close(),
    () => keeper.close(),
  );
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function anotherBridge(changes = {}): Promise<Stack> {
  const other = await startStack({
    sandbox: false,
    runningServer: stack.server,
    config: { ...config, ...changes },
  });
  await other.bridge.prepare();
  closers.push(() => other.close());
  return other;
}

async function workerThat(answer: (message: Msg) => void) {
  const worker = await startNaiveWorker(await stack.nats(), answer);
  const isAcknowledged = () =>
    until('it is acknowledged', async () => {
      const info = await worker.info();
      return info.num_ack_pending === 0 && info.num_pending === 0 ? info : undefined;
    });
  return Object.assign(worker, { isAcknowledged });
}

const respond = (message: Msg) => void message.respond(JSON.stringify(ANSWER));
const authorize = (attempt: string) =>
  stack.call('PaymentService/Authorize', authorizeRequest(attempt), attempt);
const answerOf = (bridge: NatsBridge, attempt: string) =>
  until('its answer', () => bridge.findAnswer(MERCHANT, `authorize:${attempt}`));
async function claim(attempt: string, changes: { retry?: number; leaseUntil: number }): Promise<void> {
  const { ledger } = stack.bridge;
  const key = `authorize:${attempt}`;
  const { seq = 0, ...record } = (await ledger.findLatest(MERCHANT, key))?.record ?? { retry: 0 };
  await ledger.write(MERCHANT, key, { ...record, state: 'claimed', ...changes }, seq);
}
const oneLetter = () => until('a letter', async () => (await letters.list())[0]);

async function statesOf(attempt: string): Promise<string[]> {
  const { direct } = await jetstreamManager(await stack.nats());
  const subject = recordSubject(MERCHANT, `authorize:${attempt}`);
  const states: string[] = [];
  for (let seq = 1; ; seq++) {
    const found = await direct.getMessage('OPERATIONS', { next_by_subj: subject, seq }).catch(() => null);
    if (found === null) return states;
    seq = found.seq;
    states.push(found.header.get('X-Record'));
  }
}

describe('a letter that is sent again to a worker which only responds', () => {
  it('is executed once, and its answer is recorded by whichever bridge hears it, in one record', async () => {
    const worker = await workerThat(() => {});
    expect(await authorize('att_1')).toMatchObject({ status: 'PENDING' });
    const letter = await oneLetter();
    expect(letter).toMatchObject({ verdict: 'unknown' });
    await anotherBridge();
    worker.answer = respond;
    const before = worker.delivered.length;
    await letters.retry(letter, ACTOR, { force: true });
    expect(await answerOf(stack.bridge, 'att_1')).toMatchObject(ANSWER);
    expect(await worker.isAcknowledged()).toMatchObject({ num_redelivered: 0 });
    expect(worker.delivered.length - before).toBe(1);
    expect(await statesOf('att_1')).toEqual(['sent', 'claimed', 'answered']); // the second by who had it sent again
  });

  it('has its answer after a claim that nobody holds any more, as after a restore', async () => {
    const worker = await workerThat(() => {});
    expect(await authorize('att_1')).toMatchObject({ status: 'PENDING' });
    const letter = await oneLetter();
    // What a restore makes of all that was open (docs/backup.md).
    await claim('att_1', { leaseUntil: Date.now() });
    worker.answer = respond;
    await letters.retry(letter, ACTOR, { force: true });
    expect(await answerOf(stack.bridge, 'att_1')).toMatchObject(ANSWER);
    await worker.isAcknowledged();
    expect(await statesOf('att_1')).toEqual(['sent', 'claimed', 'claimed', 'answered']);
  });

  it('leaves what a worker holds that keeps records to it', async () => {
    const worker = await workerThat(() => {});
    expect(await authorize('att_1')).toMatchObject({ status: 'PENDING' });
    const letter = await oneLetter();
    worker.answer = (message) =>
      void claim('att_1', { retry: 1, leaseUntil: Date.now() + 60_000 }).then(() => respond(message));
    await letters.retry(letter, ACTOR, { force: true });
    await worker.isAcknowledged();
    expect(await statesOf('att_1')).toEqual(['sent', 'claimed', 'claimed']);
  });

  it('has its answer after it had been withdrawn, too, and tells what became of it', async () => {
    const webhook_url = 'http://127.0.0.1:9/webhooks/merchant_1/mca_1';
    const asking = (attempt: string) =>
      stack.call('PaymentService/Authorize', authorizeRequest(attempt, { webhook_url }), attempt);
    expect(await neverSent(stack, asking, 'att_2')).toMatchObject({ status: 'FAILURE' });
    const worker = await workerThat(respond);
    await letters.retry(await oneLetter(), ACTOR);
    const { lateAnswers } = stack.bridge;
    expect(await until('it is settled', () => lateAnswers.find(MERCHANT, 'authorize:att_2'))).toMatchObject({
      outcome: { status: 'CHARGED', transactionId: 'txn_naive' },
    });
    await worker.isAcknowledged();
    expect(worker.delivered).toHaveLength(1);
    expect(await statesOf('att_2')).toEqual(['withdrawn', 'sent', 'answered']);
  });
});

describe('a bridge that ends while such a worker is at work', () => {
  /** Sent by a bridge that waits for long, and ends before the worker responds. */
  async function sentAndLeft(attempt: string): Promise<Msg> {
    let delivered: Msg | undefined;
    const worker = await workerThat((message) => {
      delivered ??= message;
    });
    const mortal = await anotherBridge({ timeouts: { authorize: 5_000 } });
    const asking = mortal
      .call('PaymentService/Authorize', authorizeRequest(attempt), attempt)
      .catch(() => undefined);
    const message = await until('it is delivered', () => delivered);
    await mortal.close();
    await asking;
    worker.answer = () => {};
    return message;
  }

  it.each([
    ['that never acknowledges', () => {}],
    ['that acknowledges after it has responded', (message: Msg) => void message.respond('+ACK')],
  ])('another records the reply of one %s', async (_which, after) => {
    const message = await sentAndLeft('att_3');
    message.respond(JSON.stringify(ANSWER));
    after(message);
    expect(await answerOf(stack.bridge, 'att_3')).toMatchObject(ANSWER);
    expect(await statesOf('att_3')).toEqual(['sent', 'answered']);
  });

  it("another records a processor's own CONFLICT, which is its answer", async () => {
    const message = await sentAndLeft('att_5');
    const declined = { status: 'failure', error: { code: 'CONFLICT', message: 'the object is locked' } };
    message.respond(JSON.stringify(declined));
    expect(await answerOf(stack.bridge, 'att_5')).toMatchObject(declined);
    expect(await statesOf('att_5')).toEqual(['sent', 'answered']);
  });

  it('another takes no reply that names another request, or an earlier one at its place', async () => {
    const message = await sentAndLeft('att_4');
    const forged = JSON.stringify({ status: 'success', transaction_id: 'forged' });
    const nats = await stack.nats();
    const ofAnother = natsHeaders();
    ofAnother.set('X-Correlation-Id', 'other');
    nats.publish(message.reply ?? '', forged, { headers: ofAnother });
    // …{stored ns}.{pending}
    const earlier = message.reply?.replace(/\d+(?=\.\d+$)/, (time) => `${BigInt(time) - 60_000_000_000n}`);
    expect(earlier).not.toBe(message.reply);
    nats.publish(earlier ?? '', forged);
    respond(message);
    expect(await answerOf(stack.bridge, 'att_4')).toMatchObject(ANSWER);
  });
});

describe('a delivery that such a worker refuses', () => {
  const refused = { status: 'failure', error: { code: 'VALIDATION_ERROR', message: 'it is sealed' } };
  const refuse = (message: Msg) => {
    const headers = natsHeaders();
    headers.set(HEADER.refusal, '1');
    message.respond(JSON.stringify(refused), { headers });
  };

  it('is failed where it was the first, and in doubt where another had the request before', async () => {
    const worker = await workerThat(refuse);
    expect(await authorize('att_1')).toMatchObject({ status: 'FAILURE' });
    // The first one has its effect, and dies.
    worker.answer = () => {
      worker.answer = refuse;
    };
    const before = worker.delivered.length;
    expect(await authorize('att_2')).toMatchObject({ status: 'PENDING' });
    expect(worker.delivered.length - before).toBe(2);
    expect(await statesOf('att_2')).toEqual(['sent']);
  });
});
