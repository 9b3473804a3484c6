import { Secret } from '@nats-bridge/protocol';
import { createCurve, type KeyPair } from '@nats-io/nkeys';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSealer } from './sealer.js';

const seedOf = (pair: KeyPair) => new Secret(new TextDecoder().decode(pair.getSeed()));
const [bridgeKey, poolKey, otherKey] = [createCurve(), createCurve(), createCurve()];
const bridge = createSealer({ seeds: [seedOf(bridgeKey)] });
const pool = createSealer({ seeds: [seedOf(poolKey)] });
const other = createSealer({ seeds: [seedOf(otherKey)] });
const toPool = [poolKey.getPublicKey()];
const fromBridge = [bridgeKey.getPublicKey()];
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

describe('a sealed body', () => {
  it('is read by its recipients, whatever it holds, and by nobody else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2_000 }), fc.string(), fc.string(), (body, type, context) => {
        const sealed = bridge.seal(body, type, context, toPool);
        const opened = pool.open(sealed, context, fromBridge);
        expect(Buffer.compare(Buffer.from(opened.body), Buffer.from(body))).toBe(0);
        expect(opened.contentType).toBe(type);
        expect(() => other.open(sealed, context, fromBridge)).toThrow(/sealed for X/);
      }),
    );
  });

  it('shows nothing of what is inside', () => {
    const body = Buffer.from(JSON.stringify({ card_number: '4242424242424242' }));
    const sealed = text(bridge.seal(body, 'application/json', 'c', toPool));
    expect(sealed).not.toContain('4242');
    expect(Buffer.from(JSON.parse(sealed).data, 'base64').toString('latin1')).not.toContain('4242');
  });

  it('does not open in another place, with another type, or with a bit changed anywhere', () => {
    const sealed = bridge.seal(Buffer.from('body'), 'application/json', 'here', toPool);
    expect(() => pool.open(sealed, 'there', fromBridge)).toThrow(/moved to another/);
    const envelope = JSON.parse(text(sealed)) as Record<string, unknown>;
    const changed = (part: object) => Buffer.from(JSON.stringify({ ...envelope, ...part }));
    expect(() => pool.open(changed({ type: 'application/msgpack' }), 'here', fromBridge)).toThrow(/altered/);
    for (const name of ['data', 'nonce'] as const) {
      const bytes = Buffer.from(String(envelope[name]), 'base64');
      for (let index = 0; index < bytes.length; index++) {
        bytes[index] = (bytes[index] ?? 0) ^ 1;
        const forged = changed({ [name]: bytes.toString('base64') });
        expect(() => pool.open(forged, 'here', fromBridge)).toThrow(/altered/);
        bytes[index] = (bytes[index] ?? 0) ^ 1;
      }
    }
    expect(text(pool.open(sealed, 'here', fromBridge).body)).toBe('body');
  });

  it('counts only from who is trusted, and nobody can take the name of another', () => {
    const forged = other.seal(Buffer.from('body'), 'application/json', 'c', toPool);
    expect(() => pool.open(forged, 'c', fromBridge)).toThrow(/not among those trusted/);
    const renamed = { ...JSON.parse(text(forged)), from: bridgeKey.getPublicKey() };
    expect(() => pool.open(Buffer.from(JSON.stringify(renamed)), 'c', fromBridge)).toThrow(
      /was not sealed by X/,
    );
  });

  it('says whether its sender sealed it, and for nobody else', () => {
    const seal = (recipients: string[]) => bridge.seal(Buffer.from('body'), 't', 'c', recipients);
    expect(bridge.open(seal(fromBridge), 'c', fromBridge).isOwnAlone).toBe(true);
    expect(bridge.open(seal([...toPool, ...fromBridge]), 'c', fromBridge).isOwnAlone).toBe(false);
    const toBridge = pool.seal(Buffer.from('body'), 't', 'c', fromBridge);
    expect(bridge.open(toBridge, 'c', toPool)).toMatchObject({ from: toPool[0], isOwnAlone: false });
    // While a key is changed: from the next to both.
    const next = createCurve();
    const both = createSealer({ seeds: [seedOf(next), seedOf(bridgeKey)] });
    const sealed = both.seal(Buffer.from('body'), 't', 'c', both.publicKeys);
    expect(both.open(sealed, 'c', both.publicKeys).isOwnAlone).toBe(true);
  });

  it.each(['', 'null', '{}', '{"sealed":2}', 'plain text', '{"sealed":1,"to":[]}'])('is not %j', (bytes) => {
    expect(() => pool.open(Buffer.from(bytes), 'c', fromBridge)).toThrow(/no sealed body/);
  });

  it('opens with the old key and with the new while a key is changed', () => {
    const next = createCurve();
    const both = createSealer({ seeds: [seedOf(next), seedOf(poolKey)] });
    expect(both.publicKeys).toEqual([next.getPublicKey(), poolKey.getPublicKey()]);
    for (const recipients of [toPool, [next.getPublicKey()], [...toPool, next.getPublicKey()]]) {
      const sealed = bridge.seal(Buffer.from('body'), 'application/json', 'c', recipients);
      expect(text(both.open(sealed, 'c', fromBridge).body)).toBe('body');
    }
  });

  it('has a data key that changes with time, and a nonce of its own each time', () => {
    let now = 0;
    const sealer = createSealer({ seeds: [seedOf(bridgeKey)], keyLifeMs: 1_000, now: () => now });
    const envelopes = [0, 0, 1_000].map((at) => {
      now = at;
      return JSON.parse(text(sealer.seal(Buffer.from('body'), 't', 'c', toPool)));
    });
    expect(new Set(envelopes.map(({ to }) => to[0].box)).size).toBe(2);
    expect(new Set(envelopes.map(({ nonce }) => nonce)).size).toBe(3);
  });
});

it('takes no seed and no recipient that is not one, and repeats no seed', () => {
  expect(() => createSealer({ seeds: [] })).toThrow(/needs the seed/);
  expect(() => createSealer({ seeds: [new Secret('SUAKEY')] })).toThrow(/not that of a curve key/);
  expect(() => createSealer({ seeds: [new Secret('SUAKEY')] })).not.toThrow(/SUAKEY/);
  expect(() => bridge.seal(Buffer.from(''), 't', 'c', ['UAKEY'])).toThrow(/"UAKEY" is not the public part/);
});
