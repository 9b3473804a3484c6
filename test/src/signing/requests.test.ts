/** Signed requests: what is forged, altered, moved or expired is never run. */
import type { BridgeConfigInput } from '@nats-bridge/connector';
import { createMessageSigner, readHeaders } from '@nats-bridge/messaging';
import { HEADER, recordSubject, signedReplyText } from '@nats-bridge/protocol';
import type { Msg } from '@nats-io/nats-core';
import { describe, expect, it } from 'vitest';
import { MODES } from '../stack-under-test.js';
import { until } from '../until.js';
import {
  AUTHORIZE,
  CHARGED,
  expectNoSuccess,
  inMode,
  listen,
  type Move,
  payment,
  publish,
  record,
  SUCCESS,
  sendAgain,
} from './messages.js';
import { signingScene } from './signing-scene.js';

const { bridgeKey, poolKey, stranger, sealingKeys, bridgeWith, workerWith, lettersOf } = signingScene();

describe.each(MODES.flatMap((mode) => [[mode, 'in clear'] as const, [mode, 'sealed'] as const]))(
  'signed, %s, %s',
  (mode, how) => {
    it('a payment goes all the way, and every request and answer carries its signature', async () => {
      const keys = how === 'sealed' ? sealingKeys() : { bridge: {}, worker: {} };
      const bridge = bridgeWith({ ...inMode(mode), ...keys.bridge });
      await bridge.prepare();
      const heard = await listen(bridge);
      const { runs } = await workerWith(mode, keys.worker);
      expect(await bridge.authorize(payment('att_1'))).toMatchObject(CHARGED);
      expect(await bridge.sync(payment('att_1'))).toMatchObject({ kind: 'answered' });
      expect(runs()).toBe(1);
      const keysSeen = heard.map((message) => readHeaders(message)[HEADER.signatureKey]);
      expect(heard.length).toBeGreaterThanOrEqual(4);
      expect(new Set(keysSeen)).toEqual(new Set([bridgeKey.publicKey, poolKey.publicKey]));
    });
  },
);

describe.each(MODES)('a worker, %s', (mode) => {
  it('runs nothing that is unsigned or signed by a stranger, and the next request works', async () => {
    const ready = bridgeWith(inMode(mode));
    await ready.prepare();
    const { runs, reasons } = await workerWith(mode);
    const strangers: BridgeConfigInput[] = [
      { signing: undefined },
      { signing: { seed_files: [stranger.file], workers: [poolKey.publicKey] } },
    ];
    for (const [index, over] of strangers.entries()) {
      const other = bridgeWith({ ...inMode(mode), ...over });
      expectNoSuccess(await other.authorize(payment(`att_${index}`)));
    }
    await until('both to be refused', () => reasons().length === 2 || undefined);
    expect(reasons()).toEqual([
      expect.stringContaining('not signed'),
      expect.stringContaining(`signed by ${stranger.publicKey}, who is not among those trusted`),
    ]);
    expect(runs()).toBe(0);
    expect(await ready.authorize(payment('att_9'))).toMatchObject(CHARGED);
  });

  it.each([
    ['its body altered', { change: (text: string) => text.replace('1000', '9000') }],
    ['another test mode', { headers: { [HEADER.testMode]: 'false' } }],
    ['another deadline', { headers: { [HEADER.deadline]: String(Date.now() + 3_600_000) } }],
    ['another idempotency key', { headers: { [HEADER.idempotencyKey]: 'authorize:att_other' } }],
    ['another merchant in its headers', { headers: { [HEADER.merchantId]: 'merchant_2' } }],
    ['another record', { headers: { [HEADER.replyTo]: recordSubject('merchant_1', 'authorize:other') } }],
    ['no signature', { headers: { [HEADER.signature]: '' } }],
    ['another merchant’s subject', { subject: 'hyperswitch.payments.merchant_2.authorize' }],
    ['another operation’s subject', { subject: 'hyperswitch.payments.merchant_1.refund' }],
  ] satisfies [string, Move][])('refuses a request with %s', async (_, move: Move) => {
    const bridge = bridgeWith(inMode(mode));
    await bridge.prepare();
    const { runs, reasons } = await workerWith(mode);
    const heard = await listen(bridge);
    await bridge.authorize(payment('att_1'));
    const request = heard.find(({ subject }) => subject === AUTHORIZE) as Msg;
    await sendAgain(bridge, request, move);
    const [reason] = await until('it to be refused', () => (reasons().length > 0 ? reasons() : undefined));
    expect(reason).toMatch(/does not fit/);
    expect(runs()).toBe(1);
    expect(await bridge.authorize(payment('att_2'))).toMatchObject(CHARGED);
  });

  it('runs nothing after its deadline, however well it is signed', async () => {
    const bridge = bridgeWith(inMode(mode));
    await bridge.prepare();
    const { runs, events } = await workerWith(mode);
    const heard = await listen(bridge);
    await bridge.authorize(payment('att_1'));
    const request = heard.find(({ subject }) => subject === AUTHORIZE) as Msg;
    const { [HEADER.signature]: _s, [HEADER.signatureKey]: _k, ...headers } = readHeaders(request);
    const key = 'authorize:att_late';
    const late = bridge.sealing.sealRequest('merchant_1', {
      subject: AUTHORIZE,
      body: Buffer.from(request.data),
      headers: {
        ...headers,
        [HEADER.idempotencyKey]: key,
        ...(mode === 'durable' && { [HEADER.replyTo]: recordSubject('merchant_1', key) }),
        [HEADER.deadline]: String(Date.now() - 1),
        'Nats-Msg-Id': 'late',
      },
    });
    await publish(bridge, late.subject, late.body, late.headers);
    await until('it to be let go', () => events.find(({ type }) => type === 'expired'));
    expect(runs()).toBe(1);
  });
});

describe('what a worker says to a stranger', () => {
  it('is of no use as an answer: it is not signed, and what is signed for one request is not the answer of a record', async () => {
    const bridge = bridgeWith();
    await bridge.prepare();
    const { reasons } = await workerWith('durable');
    const heard = await listen(bridge);
    const refusals: Msg[] = [];
    const nats = await bridge.connection.get();
    nats.subscribe('$JS.ACK.PAYMENTS.>', {
      callback: (_, message) => {
        if (message.string().startsWith('{')) refusals.push(message);
      },
    });
    await bridge.authorize(payment('att_1'));
    const request = heard.find(({ subject }) => subject === AUTHORIZE) as Msg;
    await sendAgain(bridge, request, { change: (text) => text.replace('1000', '9000') });
    await until('it to be refused', () => reasons().length > 0 || undefined);
    const [toStranger] = await until('a refusal', () => (refusals.length > 0 ? refusals : undefined));
    expect(toStranger?.string()).toContain('VALIDATION_ERROR');
    expect(readHeaders(toStranger as Msg)[HEADER.signature]).toBeUndefined();
    // Put into the record as its answer, a refusal would tell everybody that a charge had failed.
    const answer = { status: 'failure', error: { code: 'CONFLICT', message: 'refused' } };
    const body = Buffer.from(JSON.stringify(answer));
    const signer = createMessageSigner({ seeds: [poolKey.seed], required: true });
    const forCaller = { [HEADER.contentType]: 'application/json', [HEADER.correlationId]: 'c_1' };
    const text = signedReplyText(
      'merchant_1',
      'authorize:att_7',
      { correlationId: 'c_1' },
      { body, headers: forCaller },
    );
    await record(bridge, 'att_7', body, { ...forCaller, ...signer.sign(text) });
    expect(await bridge.findAnswer('merchant_1', 'authorize:att_7')).toBeUndefined();
  });
});

describe('the dead letter', () => {
  it('of a forged request says why, and no person can have it sent again', async () => {
    const bridge = bridgeWith();
    const letters = await lettersOf(bridge);
    const { runs, reasons } = await workerWith('durable');
    const other = bridgeWith({ signing: undefined });
    expectNoSuccess(await other.authorize(payment('att_1')));
    await until('it to be refused', () => reasons()[0]);
    const letter = await until('its letter', async () => (await letters.list())[0]);
    expect(letter.reason).toContain('not signed');
    await expect(letters.retry(letter, { who: 'me', why: 'test' })).rejects.toThrow(/not signed/);
    expect(runs()).toBe(0);
  });

  it('of a genuine one is sent again under a new signature with a new deadline', async () => {
    const bridge = bridgeWith({
      jetstream: { num_replicas: 1, max_deliver: 1, ack_wait: 1_000 },
      request_timeout_ms: 3_000,
    });
    const letters = await lettersOf(bridge);
    let runs = 0;
    await workerWith('durable', {
      handlers: {
        refund: () => {
          runs++;
          if (runs === 1) throw new Error('the processor is down');
          return SUCCESS;
        },
      },
    });
    await bridge.refund({ ...payment('att_1'), request: { refund_id: 'ref_1', minor_amount: 500 } });
    const letter = await until('the letter', async () => (await letters.list())[0]);
    await letters.retry(letter, { who: 'me', why: 'test' }, { force: true });
    expect(
      await until('its answer', () => bridge.findAnswer('merchant_1', letter.idempotencyKey)),
    ).toMatchObject(SUCCESS);
  });
});
