import { HEADER, Secret } from '@nats-bridge/protocol';
import { createAccount, createUser, fromPublic, fromSeed } from '@nats-io/nkeys';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMessageSigner } from './message-signer.js';
import { SignatureRefusedError } from './signature-refused-error.js';
import { createSigner, newSigningSeed, publicSigningKey, verifySignature } from './signer.js';

const [ownSeed, strangerSeed] = [newSigningSeed(), newSigningSeed()];
const own = createMessageSigner({ seeds: [ownSeed], required: true });
const stranger = createMessageSigner({ seeds: [strangerSeed], required: true });

describe('a signature', () => {
  it('is that of NATS’s own library, in both directions, for any key and any text', () => {
    const { seed, pair } = (() => {
      const pair = createUser();
      return { pair, seed: new Secret(new TextDecoder().decode(pair.getSeed())) };
    })();
    const signer = createSigner(seed);
    expect(signer.publicKey).toBe(pair.getPublicKey());
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const signature = signer.sign(text);
        expect(signature).toBe(Buffer.from(pair.sign(Buffer.from(text))).toString('base64url'));
        const publicPair = fromPublic(signer.publicKey);
        expect(publicPair.verify(Buffer.from(text), Buffer.from(signature, 'base64url'))).toBe(true);
        expect(verifySignature(signer.publicKey, text, signature)).toBe(true);
      }),
      { numRuns: 10 },
    );
    for (let made = 0; made < 50; made++) {
      const fresh = newSigningSeed();
      const { publicKey, sign } = createSigner(fresh);
      expect(publicKey).toBe(fromSeed(Buffer.from(fresh.reveal())).getPublicKey());
      expect(verifySignature(publicKey, 'text', sign('text'))).toBe(true);
    }
  });

  it('fits nothing else, and a bit changed anywhere breaks it', () => {
    const headers = own.sign('text');
    const bytes = Buffer.from(headers[HEADER.signature] ?? '', 'base64url');
    expect(bytes).toHaveLength(64);
    for (let index = 0; index < bytes.length; index++) {
      bytes[index] = (bytes[index] ?? 0) ^ 1;
      const forged = { ...headers, [HEADER.signature]: bytes.toString('base64url') };
      expect(() => own.verify('text', forged, own.publicKeys)).toThrow(/does not fit/);
      bytes[index] = (bytes[index] ?? 0) ^ 1;
    }
    expect(() => own.verify('texT', headers, own.publicKeys)).toThrow(/does not fit/);
    expect(() => own.verify('text', headers, own.publicKeys)).not.toThrow();
  });

  it('counts only from who is trusted, and nobody can take the name of another', () => {
    const headers = stranger.sign('text');
    expect(() => own.verify('text', headers, own.publicKeys)).toThrow(SignatureRefusedError);
    expect(() => own.verify('text', headers, own.publicKeys)).toThrow(/signed by U.*not among those trusted/);
    const renamed = { ...headers, [HEADER.signatureKey]: publicSigningKey(ownSeed) };
    expect(() => own.verify('text', renamed, own.publicKeys)).toThrow(/does not fit/);
    const odd = { ...headers, [HEADER.signatureKey]: '4242424242424242' };
    expect(() => own.verify('text', odd, own.publicKeys)).toThrow(/signed by somebody/);
  });

  it.each(['', 'AAAA', '!', 'a'.repeat(10_000)])('is not %j', (signature) => {
    const headers = { ...own.sign('text'), [HEADER.signature]: signature };
    expect(() => own.verify('text', headers, own.publicKeys)).toThrow(/does not fit/);
  });

  it('may be missing only where it is not required, and must be right all the same', () => {
    expect(() => own.verify('text', {}, own.publicKeys)).toThrow(/not signed/);
    const lenient = createMessageSigner({ seeds: [ownSeed], required: false });
    expect(() => lenient.verify('text', {}, own.publicKeys)).not.toThrow();
    expect(() => lenient.verify('text', stranger.sign('text'), own.publicKeys)).toThrow(/not among/);
    expect(() => lenient.verify('other', own.sign('text'), own.publicKeys)).toThrow(/does not fit/);
  });

  it('is made with the first key, and the public part of every key is known', () => {
    const both = createMessageSigner({ seeds: [strangerSeed, ownSeed], required: true });
    expect(both.publicKeys).toEqual([...stranger.publicKeys, ...own.publicKeys]);
    expect(both.sign('text')[HEADER.signatureKey]).toBe(stranger.publicKeys[0]);
  });
});

it('takes no seed and no key that is not one, and repeats no seed', () => {
  const account = new Secret(new TextDecoder().decode(createAccount().getSeed()));
  expect(() => createMessageSigner({ seeds: [], required: true })).toThrow(/needs the seed/);
  for (const seed of [new Secret('SUAKEY'), new Secret('SXAKEY'), new Secret(''), account]) {
    expect(() => createSigner(seed)).toThrow(/no seed of a user key/);
    if (seed.reveal() !== '') expect(() => createSigner(seed)).not.toThrow(seed.reveal());
  }
  expect(() => own.verify('text', { ...own.sign('text'), [HEADER.signatureKey]: 'U' }, ['U'])).toThrow(
    /"U" is no public NKEY/,
  );
});
