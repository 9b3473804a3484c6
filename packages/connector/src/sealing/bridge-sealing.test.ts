import { createCipheriv, randomBytes } from 'node:crypto';
import { createSealer, newCurveSeed } from '@nats-bridge/messaging';
import { HEADER, replyContext, requestContext, SEALED_TYPE, type Secret } from '@nats-bridge/protocol';
import { fromCurveSeed } from '@nats-io/nkeys';
import { describe, expect, it } from 'vitest';
import { createBridgeSealing, sealedAnew } from './bridge-sealing.js';

const [bridgeSeed, poolSeed, merchantSeed] = [newCurveSeed(), newCurveSeed(), newCurveSeed()];
const [bridge, pool, merchantPool] = [bridgeSeed, poolSeed, merchantSeed].map((seed) =>
  createSealer({ seeds: [seed] }),
);
const bridgeKeys = [...(bridge?.publicKeys ?? [])];
const config = {
  seeds: [bridgeSeed],
  workers: [...(pool?.publicKeys ?? [])],
  merchants: { own: [...(merchantPool?.publicKeys ?? [])] },
  required: true,
};
const sealing = createBridgeSealing(config);
const request = {
  subject: 'hyperswitch.payments.m.authorize',
  body: Buffer.from('{"amount":1}'),
  headers: {
    [HEADER.merchantId]: 'm',
    [HEADER.contentType]: 'application/json',
    [HEADER.deadline]: '1',
    'Nats-TTL': '9s',
  },
};

describe('what a bridge seals', () => {
  it('is for the pool, or for that of the merchant and nobody else', () => {
    const opens = (by: typeof pool, merchantId: string) => {
      const sealed = sealing.sealRequest(merchantId, request);
      const context = requestContext(sealed.subject, sealed.headers);
      return by?.open(sealed.body, context, createSealer({ seeds: [bridgeSeed] }).publicKeys).contentType;
    };
    for (const merchantId of ['m', 'constructor', '__proto__'])
      expect(opens(pool, merchantId)).toBe('application/json');
    expect(opens(merchantPool, 'own')).toBe('application/json');
    expect(() => opens(pool, 'own')).toThrow(/sealed for/);
    expect(() => opens(merchantPool, 'm')).toThrow(/sealed for/);
    expect(bridge?.publicKeys).toHaveLength(1);
  });

  it('is sealed anew under other headers, changed or not, and other headers stay as they are', () => {
    const kept = sealing.sealRequest('m', request);
    const later = { ...kept.headers, [HEADER.deadline]: '2' };
    expect(() => sealing.openRequest({ ...kept, headers: later })).toThrow(/moved to another/);
    const anew = sealedAnew(sealing, 'm', kept, later, ({ body }) => Buffer.from(`${body}!`));
    expect(anew.headers).toEqual({ ...later, [HEADER.contentType]: SEALED_TYPE });
    const opened = sealing.openRequest(anew);
    expect(Buffer.from(opened.body).toString()).toBe('{"amount":1}!');
    expect(opened.headers[HEADER.contentType]).toBe('application/json');
  });

  it('takes nothing in clear unless it may, and no answer of another key', () => {
    const answer = { body: Buffer.from('{}'), headers: { [HEADER.contentType]: 'application/json' } };
    expect(() => sealing.openAnswer('m', 'k', answer)).toThrow();
    expect(() => sealing.openRequest(request)).toThrow(/in clear/);
    const lenient = createBridgeSealing({ ...config, required: false });
    expect(lenient.openAnswer('m', 'k', answer)).toBe(answer);
    expect(lenient.openRequest(request)).toBe(request);
    const sealed = sealing.sealAnswer('m', 'k', answer);
    expect(Buffer.from(sealing.openAnswer('m', 'k', sealed).body).toString()).toBe('{}');
    expect(() => sealing.openAnswer('m', 'another', sealed)).toThrow();
  });

  it('a refusal opens for its caller, as no answer, and no answer as one', () => {
    const sealedAs = (isRefusal: boolean) =>
      createSealer({ seeds: [poolSeed] }).seal(
        Buffer.from('{}'),
        'application/json',
        replyContext('m', 'k', isRefusal),
        bridgeKeys,
      );
    const type = { [HEADER.contentType]: SEALED_TYPE };
    const says = { ...type, [HEADER.refusal]: '1' };
    const open = (isRefusal: boolean, headers: Record<string, string>, correlationId?: string) => () =>
      sealing.openAnswer('m', 'k', { body: sealedAs(isRefusal), headers }, correlationId);
    expect(open(true, says, 'c_1')).not.toThrow();
    for (const moved of [open(true, type, 'c_1'), open(false, says, 'c_1'), open(true, says)])
      expect(moved).toThrow(/does not open/);
    expect(open(false, says)).not.toThrow();
  });

  it('is no answer of a bridge when a worker makes it of a request that it could open', () => {
    const sealed = sealing.sealRequest('own', request);
    const context = replyContext('m', 'k');
    const forged = forgedBy(
      merchantSeed,
      sealed.body,
      `${context}\napplication/json`,
      '{"status":"success"}',
    );
    const answer = { body: forged, headers: { [HEADER.contentType]: SEALED_TYPE } };
    // It opens, and counts for nothing.
    const opened = createSealer({ seeds: [bridgeSeed] }).open(forged, context, bridgeKeys);
    expect(Buffer.from(opened.body).toString()).toBe('{"status":"success"}');
    expect(() => sealing.openAnswer('m', 'k', answer)).toThrow(/a worker can have made it/);
  });

  it('is no answer of another worker either', () => {
    const theirs = merchantPool?.seal(
      Buffer.from('{}'),
      'application/json',
      replyContext('m', 'k'),
      bridgeKeys,
    );
    const answer = { body: theirs ?? Buffer.of(), headers: { [HEADER.contentType]: SEALED_TYPE } };
    expect(() => sealing.openAnswer('m', 'k', answer)).toThrow(/not among those trusted/);
  });
});

/** Another body under the data key of what the seed opens: from the same sender, in the box he made for himself. */
function forgedBy(seed: Secret<string>, sealed: Uint8Array, bound: string, body: string): Uint8Array {
  const { from, to, ...envelope } = JSON.parse(Buffer.from(sealed).toString());
  const boxOf = (publicKey: string | undefined) => to.find(({ key }: { key: string }) => key === publicKey);
  const pair = fromCurveSeed(Buffer.from(seed.reveal()));
  const dataKey = pair.open(Buffer.from(boxOf(pair.getPublicKey()).box, 'base64'), from) ?? Buffer.of();
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', dataKey, nonce).setAAD(Buffer.from(bound));
  const data = Buffer.concat([cipher.update(body), cipher.final(), cipher.getAuthTag()]);
  const parts = { from, to: [boxOf(from)], nonce: nonce.toString('base64'), data: data.toString('base64') };
  return Buffer.from(JSON.stringify({ ...envelope, ...parts }));
}

describe('without keys', () => {
  it('everything stays as it is, and what is sealed is not taken for anything else', () => {
    const none = createBridgeSealing(undefined);
    expect(none.sealRequest('m', request)).toBe(request);
    const sealed = sealing.sealRequest('m', request);
    expect(() => none.openRequest(sealed)).toThrow(/no key is configured/);
    expect(() => none.openAnswer('m', 'k', sealed)).toThrow();
  });
});
