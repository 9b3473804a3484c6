/** Signed answers: what nobody vouches for who may is never an answer, on its way or in the ledger. */
import type { BridgeEvent } from '@nats-bridge/connector';
import { encodeHeaders, readHeaders } from '@nats-bridge/messaging';
import { fingerprintOf, HEADER, recordHeaders, recordSubject } from '@nats-bridge/protocol';
import type { Msg } from '@nats-io/nats-core';
import { describe, expect, it } from 'vitest';
import { MODES } from '../stack-under-test.js';
import { until } from '../until.js';
import {
  AUTHORIZE,
  answerOf,
  CHARGED,
  correlationIn,
  expectNoSuccess,
  idOf,
  inMode,
  lastRecord,
  listen,
  payment,
  publish,
  record,
  SUCCESS,
  sendAgain,
  signedBy,
} from './messages.js';
import { signingScene } from './signing-scene.js';

const { bridgeKey, poolKey, stranger, newKey, signing, sealingKeys, bridgeWith, workerWith } = signingScene();

describe.each(MODES)('an answer, %s', (mode) => {
  const answers: [string, (genuine: Msg) => { body: Uint8Array; headers: Record<string, string> }][] = [
    ['without a signature', () => answerOf({})],
    ['of a stranger', (genuine) => signedBy(stranger, genuine, answerOf({}))],
    [
      'of the pool, altered',
      (genuine) => {
        const { headers } = signedBy(poolKey, genuine, answerOf({}));
        return { ...answerOf({ transaction_id: 'another' }), headers };
      },
    ],
    [
      'of the pool to another request',
      (genuine) =>
        signedBy(poolKey, genuine, answerOf({}), { correlationId: 'another', key: 'authorize:other' }),
    ],
  ];

  it.each(answers)('%s counts for nothing: it is told, and the call ends in doubt', async (_, forge) => {
    const events: BridgeEvent[] = [];
    const bridge = bridgeWith(inMode(mode), events);
    await bridge.prepare();
    const nats = await bridge.connection.get();
    const forger = nats.subscribe('hyperswitch.payments.*.authorize', {
      callback: (_error, message) => {
        const { body, headers } = forge(message);
        const { [HEADER.replyTo]: replyTo = '' } = readHeaders(message);
        nats.publish(mode === 'durable' ? replyTo : (message.reply ?? ''), body, {
          headers: encodeHeaders({ ...headers, [HEADER.correlationId]: correlationIn(message) }),
        });
      },
    });
    const outcome = await bridge.authorize(payment('att_1'));
    expect(outcome.kind).toBe('unknown');
    await until('it to be told', () => events.find(({ type }) => type === 'refused_reply'));
    expect(bridge.stats().refusedReplies).toBeGreaterThan(0);
    forger.unsubscribe();

    await workerWith(mode);
    expect(await bridge.authorize(payment('att_2'))).toMatchObject(CHARGED);
  });

  it('of another pool than the merchant’s is none', async () => {
    const own = newKey('merchant-pool');
    const bridge = bridgeWith({
      ...inMode(mode),
      signing: { ...signing(), merchants: { merchant_1: [own.publicKey] } },
    });
    await bridge.prepare();
    const { stop } = await workerWith(mode);
    expectNoSuccess(await bridge.authorize(payment('att_1')));
    expect(await bridge.authorize({ ...payment('att_2'), merchant_id: 'merchant_2' })).toMatchObject(CHARGED);
    await stop();
    await workerWith(mode, { signing: { seedFiles: [own.file], bridges: [bridgeKey.publicKey] } });
    expect(await bridge.authorize(payment('att_3'))).toMatchObject(CHARGED);
  });
});

describe('a refusal of a delivery', () => {
  it.each([
    ['in clear', false],
    ['sealed', true],
  ])('is told from an answer by what is signed and sealed, %s', async (_, isSealed) => {
    const keys = isSealed ? sealingKeys() : { bridge: {}, worker: {} };
    const bridge = bridgeWith(keys.bridge);
    await bridge.prepare();
    const { runs, events } = await workerWith('durable', keys.worker);
    // Of another request under the same key, which another worker has in hand.
    const claimed = { retry: 0, fingerprint: 'another', leaseUntil: Date.now() + 60_000 };
    const subject = recordSubject('merchant_1', 'authorize:att_1');
    await publish(bridge, subject, Buffer.of(), recordHeaders({ ...claimed, state: 'claimed' }));
    await expect(bridge.authorize(payment('att_1'))).rejects.toThrow(/was used for another request/);
    expect(events.map(({ type }) => type)).toContain('conflict');
    expect(runs()).toBe(0);
    expect((await bridge.ledger.findLatest('merchant_1', 'authorize:att_1'))?.record.state).toBe('claimed');
  });
});

describe('a refusal of what a worker cannot read', () => {
  it('is a failure where nobody began, and leaves in doubt what another did', async () => {
    const bridge = bridgeWith({ request_timeout_ms: 5_000 });
    await bridge.prepare();
    const { runs } = await workerWith('durable', sealingKeys().worker);
    expect(await bridge.authorize(payment('att_1'))).toMatchObject({
      kind: 'answered',
      status: 'FAILURE',
      error: { code: 'VALIDATION_ERROR' },
    });
    const fingerprint = fingerprintOf(payment('att_2'));
    const claimed = recordHeaders({ state: 'claimed', retry: 0, fingerprint, attempt: 1, leaseUntil: 1 });
    await publish(bridge, recordSubject('merchant_1', 'authorize:att_2'), Buffer.of(), claimed);
    expect(await bridge.authorize(payment('att_2'))).toMatchObject({ kind: 'unknown', status: 'PENDING' });
    expect(runs()).toBe(0);
  });
});

describe('the ledger', () => {
  it('gives a signed answer to any bridge, to a repeat, and to a whole request that is said again', async () => {
    const bridge = bridgeWith();
    await bridge.prepare();
    const { runs, events } = await workerWith('durable');
    const heard = await listen(bridge);
    const first = await bridge.authorize(payment('att_1'));
    const other = bridgeWith();
    await other.prepare();
    expect(await other.authorize(payment('att_1'))).toMatchObject({ ...CHARGED, transactionId: idOf(first) });
    expect(await other.findAnswer('merchant_1', 'authorize:att_1')).toMatchObject({ status: 'success' });
    const request = heard.find(({ subject }) => subject === AUTHORIZE) as Msg;
    await sendAgain(bridge, request, {});
    await until('its answer to be said again', () => events.find(({ type }) => type === 'resent'));
    expect(runs()).toBe(1);
    expect(await other.findAnswer('merchant_1', 'authorize:att_1')).toMatchObject({ status: 'success' });
  });

  it('takes no answer that was written into it by somebody else, or moved to another key', async () => {
    const events: BridgeEvent[] = [];
    const bridge = bridgeWith({}, events);
    await bridge.prepare();
    const { runs } = await workerWith('durable');
    await bridge.authorize(payment('att_1'));
    const genuine = await lastRecord(bridge, 'att_1');
    await record(bridge, 'att_2', answerOf({}).body, answerOf({}).headers);
    await record(bridge, 'att_3', genuine.data, readHeaders(genuine));
    for (const attempt of ['att_2', 'att_3']) {
      expect(await bridge.findAnswer('merchant_1', `authorize:${attempt}`)).toBeUndefined();
      expectNoSuccess(await bridge.authorize(payment(attempt)));
      const { error, ...synced } = (await bridge.sync(payment(attempt))) as {
        error?: unknown;
        reply?: object;
      };
      expect(JSON.stringify(synced.reply ?? {})).not.toContain('forged');
      expect(error).toBeUndefined();
    }
    expect(runs()).toBe(1);
    expect(events.filter(({ type }) => type === 'refused_reply').length).toBeGreaterThanOrEqual(2);
  });

  it('believes no stranger that nobody began: the call is in doubt, not failed', async () => {
    const bridge = bridgeWith();
    await bridge.prepare();
    const { runs } = await workerWith('durable');
    await bridge.authorize(payment('att_1'));
    const withdrawn = recordHeaders({ state: 'withdrawn', retry: 0 });
    await record(bridge, 'att_1', Buffer.from('{}'), withdrawn);
    // The worker believes it, and is silent.
    const impatient = bridgeWith({ request_timeout_ms: 1_000 });
    expect((await impatient.authorize(payment('att_1'))).kind).toBe('unknown');
    expect((await bridge.ledger.find('merchant_1', 'authorize:att_1'))?.record.state).toBe('claimed');
    expect(runs()).toBe(1);
  });

  it('keeps what a late worker says, once it is signed', async () => {
    const bridge = bridgeWith({ request_timeout_ms: 1_000 });
    await bridge.prepare();
    let finish: (() => void) | undefined;
    const answered = new Promise<void>((resolve) => {
      finish = resolve;
    });
    await workerWith('durable', {
      handlers: {
        authorize: async () => {
          await answered;
          return SUCCESS;
        },
      },
    });
    expect((await bridge.authorize(payment('att_1'))).kind).toBe('unknown');
    finish?.();
    expect(await until('its answer', () => bridge.findAnswer('merchant_1', 'authorize:att_1'))).toMatchObject(
      SUCCESS,
    );
  });

  it('has the genuine answer, whatever a forger told the bridge while the worker was at it', async () => {
    const bridge = bridgeWith();
    await bridge.prepare();
    const nats = await bridge.connection.get();
    const heard: Msg[] = [];
    nats.subscribe(AUTHORIZE, { callback: (_, message) => void heard.push(message) });
    let finish: (() => void) | undefined;
    const isForged = new Promise<void>((resolve) => {
      finish = resolve;
    });
    let runs = 0;
    await workerWith('durable', {
      handlers: {
        authorize: async () => {
          runs++;
          await isForged;
          return SUCCESS;
        },
      },
    });
    const call = bridge.authorize(payment('att_1'));
    const request = await until('the worker to begin', () => (runs > 0 ? heard[0] : undefined));
    const { body, headers } = signedBy(stranger, request, answerOf({}));
    nats.publish(request.reply ?? '', body, {
      headers: encodeHeaders({ ...headers, [HEADER.correlationId]: correlationIn(request) }),
    });
    expect((await call).kind).toBe('unknown');
    finish?.();
    const answer = () => bridge.findAnswer('merchant_1', 'authorize:att_1');
    expect(await until('the genuine answer', answer)).toMatchObject(SUCCESS);
  });

  it('has a withdrawal that bridges believe, of what a signing worker let go', async () => {
    const bridge = bridgeWith();
    await bridge.prepare();
    const key = 'authorize:att_1';
    const { events } = await workerWith('durable');
    const heard = await listen(bridge);
    await bridge.authorize(payment('att_0'));
    const request = heard.find(({ subject }) => subject === AUTHORIZE) as Msg;
    const late = bridge.sealing.sealRequest('merchant_1', {
      subject: AUTHORIZE,
      body: Buffer.from(request.string().replaceAll('att_0', 'att_1')),
      headers: {
        ...readHeaders(request),
        [HEADER.idempotencyKey]: key,
        [HEADER.replyTo]: recordSubject('merchant_1', key),
        [HEADER.deadline]: String(Date.now() - 1),
        'Nats-Msg-Id': 'late',
      },
    });
    await publish(bridge, late.subject, late.body, late.headers);
    await until('it to be withdrawn', () => events.find(({ type }) => type === 'expired'));
    expect((await bridge.ledger.findLatest('merchant_1', key))?.record).toMatchObject({
      state: 'withdrawn',
      reason: 'expired',
    });
  });
});
