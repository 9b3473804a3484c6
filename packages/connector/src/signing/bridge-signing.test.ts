import { createMessageSigner, newCurveSeed, newSigningSeed, publicCurveKey } from '@nats-bridge/messaging';
import { HEADER, recordSubject, signedReplyText } from '@nats-bridge/protocol';
import { describe, expect, it } from 'vitest';
import { createBridgeSealing, NO_SEALING } from '../sealing/bridge-sealing.js';
import { isUnproven, type RefusedReply, withSigning } from './bridge-signing.js';

const [bridgeSeed, poolSeed, merchantSeed] = [newSigningSeed(), newSigningSeed(), newSigningSeed()];
const signerOf = (seed: typeof bridgeSeed) => createMessageSigner({ seeds: [seed], required: true });
const [pool, merchantPool] = [signerOf(poolSeed), signerOf(merchantSeed)];
const config = {
  seeds: [bridgeSeed],
  workers: pool.publicKeys,
  merchants: { own: merchantPool.publicKeys },
  required: true,
};
const request = {
  subject: 'hyperswitch.payments.m.authorize',
  body: Buffer.from('{"amount":1}'),
  headers: { [HEADER.merchantId]: 'm', [HEADER.contentType]: 'application/json', [HEADER.deadline]: '1' },
};
const answer = {
  body: Buffer.from('{"status":"success"}'),
  headers: { [HEADER.contentType]: 'application/json' },
};

const curveKeys = [newCurveSeed(), newCurveSeed()] as const;
const SEALINGS = {
  'in clear': NO_SEALING,
  sealed: createBridgeSealing({
    seeds: [curveKeys[0]],
    workers: [publicCurveKey(curveKeys[1])],
    merchants: {},
    required: true,
  }),
};

describe.each(Object.entries(SEALINGS))('signed, %s', (_, sealing) => {
  const signing = withSigning(sealing, config);

  it('a request is taken as it was signed, and not with anything else of it changed', () => {
    const sent = signing.sealRequest('m', request);
    expect(Buffer.from(signing.openRequest(sent).body).toString()).toBe('{"amount":1}');
    const changes = [
      { subject: 'hyperswitch.payments.m.refund' },
      { body: Buffer.concat([sent.body, Buffer.from(' ')]) },
      ...[
        HEADER.merchantId,
        HEADER.paymentId,
        HEADER.idempotencyKey,
        HEADER.testMode,
        HEADER.deadline,
        HEADER.correlationId,
        HEADER.operation,
        HEADER.retry,
        HEADER.contentType,
      ].map((name) => ({ headers: { ...sent.headers, [name]: 'other' } })),
      { headers: { ...sent.headers, [HEADER.replyTo]: recordSubject('m', 'other') } },
    ];
    for (const change of changes)
      expect(() => signing.openRequest({ ...sent, ...change }), JSON.stringify(change)).toThrow(
        /does not fit/,
      );
    expect(() => signing.openRequest({ ...sent, headers: request.headers })).toThrow(/not signed/);
  });

  it('an answer counts under its merchant and key, in its record or for its caller, and nowhere else', () => {
    const refused: RefusedReply[] = [];
    const reading = withSigning(sealing, config, (one) => refused.push(one));
    const recorded = signing.sealAnswer('m', 'k', answer);
    expect(Buffer.from(reading.openAnswer('m', 'k', recorded).body).toString()).toBe('{"status":"success"}');
    for (const read of [
      () => reading.openAnswer('m', 'other', recorded),
      () => reading.openAnswer('other', 'k', recorded),
      () => reading.openAnswer('m', 'k', recorded, 'c_1'),
      () => reading.openAnswer('m', 'k', { ...recorded, body: Buffer.from('{"status":"failure"}') }),
      () => reading.openAnswer('m', 'k', { ...recorded, headers: answer.headers }),
      () => reading.openWithdrawal('m', 'k', recorded.headers),
    ]) {
      const before = refused.length;
      let thrown: unknown;
      try {
        read();
      } catch (error) {
        thrown = error;
      }
      expect(thrown).toMatchObject({ code: 'INVALID_WORKER_REPLY' });
      expect(isUnproven(thrown)).toBe(true);
      expect(refused.length).toBe(before + 1);
    }
  });

  it('a refusal counts for its caller, is no answer, and no answer is one', () => {
    const says = { ...answer.headers, [HEADER.refusal]: '1' };
    const signedAs = (headers: Record<string, string>) =>
      pool.sign(signedReplyText('m', 'k', { correlationId: 'c_1' }, { ...answer, headers }));
    const unsealed = withSigning(NO_SEALING, config);
    const read = (headers: Record<string, string>, correlationId?: string) => () =>
      unsealed.openAnswer('m', 'k', { ...answer, headers }, correlationId);
    expect(read({ ...says, ...signedAs(says) }, 'c_1')).not.toThrow();
    expect(read({ ...answer.headers, ...signedAs(says) }, 'c_1')).toThrow(/does not fit/);
    expect(read({ ...says, ...signedAs(answer.headers) }, 'c_1')).toThrow(/does not fit/);
    expect(read({ ...says, ...signedAs(says) })).toThrow(/does not fit/);
    // What is recorded is an answer, whatever anybody writes beside it.
    const recorded = unsealed.sealAnswer('m', 'k', answer);
    expect(read({ ...recorded.headers, [HEADER.refusal]: '1' })).not.toThrow();
  });

  it('that nobody began is believed of who may say so, of this key', () => {
    const headers = signing.sealWithdrawal('m', 'k');
    expect(() => signing.openWithdrawal('m', 'k', headers)).not.toThrow();
    expect(() => signing.openWithdrawal('m', 'other', headers)).toThrow();
    expect(() => signing.openWithdrawal('m', 'k', {})).toThrow();
    const strangers = withSigning(sealing, { ...config, seeds: [newSigningSeed()] });
    expect(() => signing.openWithdrawal('m', 'k', strangers.sealWithdrawal('m', 'k'))).toThrow();
  });
});

describe('who may answer', () => {
  const signing = withSigning(NO_SEALING, config);
  const answeredBy = (signer: typeof pool, merchantId: string) => {
    const text = signedReplyText(merchantId, 'k', { correlationId: 'c_1' }, answer);
    const reply = { ...answer, headers: { ...answer.headers, ...signer.sign(text) } };
    return () => signing.openAnswer(merchantId, 'k', reply, 'c_1');
  };

  it('is the pool, or that of the merchant and no other', () => {
    for (const merchantId of ['m', 'constructor', '__proto__'])
      expect(answeredBy(pool, merchantId)).not.toThrow();
    expect(answeredBy(merchantPool, 'own')).not.toThrow();
    expect(answeredBy(merchantPool, 'm')).toThrow(/not among those trusted/);
    expect(answeredBy(pool, 'own')).toThrow(/not among those trusted/);
    expect(answeredBy(signerOf(newSigningSeed()), 'm')).toThrow(/not among those trusted/);
  });

  it('is anybody while signatures are not required, unless he signs what does not fit', () => {
    const lenient = withSigning(NO_SEALING, { ...config, required: false });
    expect(lenient.openAnswer('m', 'k', answer)).toBe(answer);
    expect(() =>
      lenient.openAnswer('m', 'k', { ...answer, headers: lenient.sealWithdrawal('m', 'k') }),
    ).toThrow();
    expect(withSigning(NO_SEALING, undefined)).toBe(NO_SEALING);
  });
});
