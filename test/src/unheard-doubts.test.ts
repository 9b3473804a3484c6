/** Operations in doubt that nobody will answer any more, and of which the server gives no notice: a person hears of each. */
import {
  createDeadLetters,
  type DeadLetter,
  type DeadLetters,
  type Keeper,
  keepDeadLetters,
} from '@nats-bridge/connector';
import { LATE_STREAM, LOOKED_SUBJECT, NOTICE_STREAM, recordSubject } from '@nats-bridge/protocol';
import { createWorker } from '@nats-bridge/worker';
import { AckPolicy, type ConsumerConfig, jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { Msg } from '@nats-io/nats-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startNaiveWorker } from './naive-worker.js';
import { authorizeRequest, MERCHANT, type Stack, startStack } from './stack-under-test.js';
import { until } from './until.js';

const ACTOR = { who: 'jo', why: 'the processor was asked' };
const ANSWER = { status: 'success', transaction_id: 'txn_late' };
const LOOK_MS = 100;
const config = {
  request_timeout_ms: 1_000,
  // A request leaves the stream at about the time at which its first delivery is over, and within half a minute where a
  // busy machine did not hear in time who is there.
  jetstream: { ack_wait: 1_000, max_deliver: 1 },
};

let stack: Stack;
let letters: DeadLetters;
const closers: (() => unknown)[] = [];

beforeEach(async () => {
  stack = await startStack({ sandbox: false, config });
  letters = createDeadLetters(stack.bridge);
  closers.push(
    () => stack.close(),
    () => letters.close(),
  );
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

function keepAt({ bridge }: Stack): Keeper {
  const keeper = keepDeadLetters(bridge, { lookEveryMs: LOOK_MS });
  closers.push(() => keeper.close());
  return keeper;
}

async function anotherBridge(changes = {}): Promise<Stack> {
  const { server } = stack;
  const other = await startStack({
    sandbox: false,
    runningServer: server,
    config: { ...config, ...changes },
  });
  closers.push(() => other.close());
  return other;
}

type Silent = 'acknowledges and does not answer' | 'goes with its consumer' | 'needs not acknowledge';

async function workerThat(
  answer: (message: Msg) => void = acknowledge,
  consumer: Partial<ConsumerConfig> = {},
): Promise<readonly Msg[]> {
  const { delivered } = await startNaiveWorker(await stack.nats(), answer, { max_deliver: 3, ...consumer });
  return delivered;
}

/** As clients do by themselves when a callback returns. */
const acknowledge = (message: Msg) => void message.respond('+ACK');

async function startSilentWorker(how: Silent): Promise<void> {
  switch (how) {
    case 'acknowledges and does not answer':
      return void (await workerThat());
    case 'needs not acknowledge':
      return void (await workerThat(() => {}, { ack_policy: AckPolicy.None, max_deliver: -1 }));
    case 'goes with its consumer': {
      const { consumers } = await jetstreamManager(await stack.nats());
      await workerThat(() => void consumers.delete('PAYMENTS', 'naive'));
    }
  }
}

/** What an announcement says of its bridge's time. */
const within = (timeoutMs: number) => {
  const requestedAt = Date.now();
  return { requestedAt, deadlineAt: requestedAt + timeoutMs };
};
const authorize = (attempt: string, { call } = stack) =>
  call('PaymentService/Authorize', authorizeRequest(attempt), attempt);
const oneLetter = (): Promise<DeadLetter> => until('a letter', async () => (await letters.list())[0]);
const stateOf = async (attempt: string) =>
  (await stack.bridge.ledger.findLatest(MERCHANT, `authorize:${attempt}`))?.record.state;

async function notices(): Promise<number> {
  const { streams } = await jetstreamManager(await stack.nats());
  return (await streams.info(NOTICE_STREAM)).state.messages;
}

/** Every record there is by now has been looked at, and none is open. */
async function allLookedThrough(): Promise<void> {
  const { streams } = await jetstreamManager(await stack.nats());
  await until('all records are looked through', async () => {
    const { last_seq } = (await streams.info('OPERATIONS')).state;
    const place = await streams.getMessage(LATE_STREAM, { last_by_subj: LOOKED_SUBJECT }).catch(() => null);
    return place?.json<{ up_to: number }>().up_to === last_seq ? true : undefined;
  });
}

describe('an operation in doubt of which the server gives no notice', () => {
  it.each<Silent>(['acknowledges and does not answer', 'goes with its consumer', 'needs not acknowledge'])(
    'waits for a person, as one letter, when its worker %s',
    async (how) => {
      for (const one of [stack, await anotherBridge(), await anotherBridge()]) keepAt(one);
      await startSilentWorker(how);
      expect(await authorize('att_1')).toMatchObject({ status: 'PENDING' });
      expect(await oneLetter()).toMatchObject({
        queue: 'interventions',
        merchantId: MERCHANT,
        operation: 'authorize',
        paymentId: 'pay_of_att_1',
        idempotencyKey: 'authorize:att_1',
        reason: 'unanswered',
        verdict: 'unknown',
        original: { stream: 'PAYMENTS', seq: 1, subject: `hyperswitch.payments.${MERCHANT}.authorize` },
      });
      await allLookedThrough();
      expect(await letters.list()).toHaveLength(1);
      expect(await notices()).toBe(0);
    },
  );

  it('is settled by what a person found out', async () => {
    keepAt(stack);
    await workerThat();
    await authorize('att_1');
    await letters.resolve(await oneLetter(), ACTOR, { status: 'success', transactionId: 'pi_found' });
    expect(await authorize('att_1')).toMatchObject({
      status: 'CHARGED',
      connector_transaction_id: 'pi_found',
    });
    expect(await letters.list()).toEqual([]);
  });

  it('is sent again with all that it held, when a person insists', async () => {
    keepAt(stack);
    const delivered = await workerThat();
    await authorize('att_1');
    const letter = await oneLetter();
    const before = delivered.length;
    await letters.retry(letter, ACTOR, { force: true });
    const again = await until('it is delivered again', () => delivered[before]);
    expect(again.string()).toBe(delivered[0]?.string());
  });

  it('has another letter when nobody answers what a person sent again, either', async () => {
    keepAt(stack);
    const delivered = await workerThat();
    await authorize('att_1');
    await letters.retry(await oneLetter(), ACTOR, { force: true });
    await until('it is delivered again', () => delivered[1]);
    // As at the end of its time to live, which is as long as if its worker kept records.
    const { streams } = await jetstreamManager(await stack.nats());
    await streams.purge('PAYMENTS');
    expect(await oneLetter()).toMatchObject({ retry: 1, reason: 'unanswered', original: { seq: 2 } });
    await allLookedThrough();
    expect(await letters.list()).toHaveLength(1);
  });

  it('has another letter when a person had it sent again, and it never was: the first time counts', async () => {
    const again = { state: 'sent', operation: 'authorize', by: 'a bridge', retry: 1 } as const;
    await stack.bridge.ledger.write(MERCHANT, 'authorize:att_1', { ...again, ...within(1_000) }, 0);
    keepAt(stack);
    const letter = await oneLetter();
    expect(letter).toMatchObject({ queue: 'interventions', verdict: 'unknown', retry: 1 });
    await expect(letters.retry(letter, ACTOR, { force: true })).rejects.toThrow(/has no request/);
    expect(await stateOf('att_1')).toBe('sent');
  });

  it('needs nobody any more when its answer comes after all', async () => {
    keepAt(stack);
    const delivered = await workerThat();
    await authorize('att_1');
    const letter = await oneLetter();
    delivered[0]?.respond(JSON.stringify(ANSWER));
    await until('its answer', () => stack.bridge.findAnswer(MERCHANT, 'authorize:att_1'));
    expect(await letters.verdict(letter)).toBe('answered_yes');
    await expect(letters.retry(letter, ACTOR, { force: true })).rejects.toThrow(/was carried out/);
  });

  it('is found though the bridge that asked, and the one that looked, have ended', async () => {
    const mortal = await anotherBridge();
    const keeper = keepAt(mortal);
    await workerThat();
    const asking = authorize('att_1', mortal).catch(() => undefined);
    await until('it is announced', () => stateOf('att_1'));
    await keeper.close();
    await mortal.close();
    await asking;
    keepAt(stack);
    expect(await oneLetter()).toMatchObject({ idempotencyKey: 'authorize:att_1', verdict: 'unknown' });
  });

  it('is found from the first record on where the place to go on from cannot be read', async () => {
    await workerThat();
    await authorize('att_1');
    await jetstream(await stack.nats()).publish(LOOKED_SUBJECT, 'nonsense');
    keepAt(stack);
    expect(await oneLetter()).toMatchObject({ idempotencyKey: 'authorize:att_1' });
    await allLookedThrough();
  });

  it('has no second letter once the first was discarded, though other bridges look', async () => {
    const keeper = keepAt(stack);
    await workerThat();
    await authorize('att_1');
    await letters.discard(await oneLetter(), ACTOR);
    await allLookedThrough();
    await keeper.close();
    keepAt(await anotherBridge());
    await authorize('att_2');
    expect(await oneLetter()).toMatchObject({ idempotencyKey: 'authorize:att_2' });
    expect(await letters.list()).toHaveLength(1);
  });
});

describe('a request that leaves the stream when a delivery of it is over', () => {
  it('waits for a person as one letter, whether the server gives notice or not', async () => {
    for (const one of [stack, await anotherBridge()]) keepAt(one);
    await workerThat(() => {});
    const attempts = Array.from({ length: 20 }, (_, index) => `att_${index}`);
    await Promise.all(attempts.map((attempt) => authorize(attempt)));
    const found = await until('a letter of each', async () => {
      const all = await letters.list();
      return all.length >= attempts.length ? all : undefined;
    });
    await allLookedThrough();
    expect(await letters.list()).toHaveLength(attempts.length);
    const keys = new Set(found.map(({ idempotencyKey }) => idempotencyKey));
    expect(keys.size).toBe(attempts.length);
  });
});

describe('a reply that nobody can read', () => {
  it('leaves the operation to a person, when it was to the only delivery', async () => {
    keepAt(stack);
    await workerThat((message) => void message.respond('{"status":"succeeded"}'));
    expect(await authorize('att_1')).toMatchObject({ status: 'PENDING' });
    const letter = await oneLetter();
    expect(letter).toMatchObject({ queue: 'interventions', reason: 'unanswered', verdict: 'unknown' });
    await letters.resolve(letter, ACTOR, { status: 'success', transactionId: 'pi_found' });
    expect(await stack.bridge.findAnswer(MERCHANT, 'authorize:att_1')).toMatchObject({ status: 'success' });
    expect(await notices()).toBe(0);
  });

  it('does so too when it is recorded as the answer', async () => {
    keepAt(stack);
    const nats = await stack.nats();
    await workerThat((message) => {
      nats.publish(message.headers?.get('X-Reply-To') ?? '', '{"status":"succeeded"}');
      acknowledge(message);
    });
    expect(await authorize('att_1')).toMatchObject({ status: 'PENDING' });
    const letter = await oneLetter();
    expect(letter).toMatchObject({ reason: 'unreadable', verdict: 'unknown', original: { seq: 1 } });
    await letters.resolve(letter, ACTOR, { status: 'failure' });
    expect(await stack.bridge.findAnswer(MERCHANT, 'authorize:att_1')).toMatchObject({ status: 'failure' });
  });
});

describe('a worker that dies with its claim', () => {
  it('leaves the operation to a person when the request is gone, and not before the lease is over', async () => {
    keepAt(stack);
    await workerThat();
    await authorize('att_1');
    const { ledger } = stack.bridge;
    const entry = await ledger.findLatest(MERCHANT, 'authorize:att_1');
    if (entry === undefined) throw new Error('no record');
    const leaseUntil = Date.now() + 4_000;
    const claim = { ...entry.record, state: 'claimed', by: 'worker 7', attempt: 1, leaseUntil } as const;
    await ledger.write(MERCHANT, 'authorize:att_1', claim, entry.record.seq);
    const letter = await oneLetter();
    expect(Date.now()).toBeGreaterThanOrEqual(leaseUntil);
    expect(letter).toMatchObject({
      reason: 'unanswered',
      worker: 'worker 7',
      attempts: 1,
      verdict: 'unknown',
    });
  });
});

describe('what has an outcome', () => {
  it('has no letter: answered, declined, or withdrawn because nobody sent it', async () => {
    const worker = createWorker({
      servers: stack.server.url,
      handlers: {
        authorize: ({ router_data }) =>
          router_data.attempt_id === 'att_1'
            ? { status: 'success', transaction_id: 'txn_1' }
            : { status: 'failure', error: { code: 'card_declined', message: 'no' } },
      },
    });
    await worker.start();
    closers.push(() => worker.stop());
    expect(await authorize('att_1')).toMatchObject({ status: 'CHARGED' });
    expect(await authorize('att_2')).toMatchObject({ status: 'FAILURE' });
    // Announced by a bridge that died before it sent the request.
    const sent = { state: 'sent', operation: 'authorize', by: 'a bridge', retry: 0 } as const;
    await stack.bridge.ledger.write(MERCHANT, 'authorize:att_3', { ...sent, ...within(1_000) }, 0);
    // Its bridge has a longer timeout than the one that looks.
    await stack.bridge.ledger.write(MERCHANT, 'authorize:att_4', { ...sent, ...within(20_000) }, 0);
    keepAt(stack);
    await until('it is withdrawn', async () => ((await stateOf('att_3')) === 'withdrawn' ? true : undefined));
    expect(await stateOf('att_4')).toBe('sent');
    expect(await letters.list()).toEqual([]);
  });

  it('is no affair of a person when it moved no money', async () => {
    keepAt(stack);
    const js = jetstream(await stack.nats());
    await js.publish(recordSubject(MERCHANT, 'session:att_1'), 'no answer');
    await js.publish(recordSubject(MERCHANT, 'authorize:att_1'), JSON.stringify(ANSWER));
    await allLookedThrough();
    expect(await letters.list()).toEqual([]);
  });
});
