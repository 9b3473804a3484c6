/** Signs messages with the first of our keys, and looks whether those of others are signed by who is trusted. */
import type { KeyObject } from 'node:crypto';
import { HEADER, type Headers, type Secret } from '@nats-bridge/protocol';
import { verifyingKeyOf } from './ed25519-key.js';
import { SignatureRefusedError } from './signature-refused-error.js';
import { createSigner, isSignedBy } from './signer.js';

export type MessageSignerOptions = {
  /** Seeds of our own user keys (`SU…`): the first signs; the public part of all is known, so that a key can be changed. */
  readonly seeds: readonly Secret<string>[];
  /** false: what has no signature passes; one that has must still be right. */
  readonly required: boolean;
};

export type MessageSigner = {
  /** Public keys (`U…`), the current one first. */
  readonly publicKeys: readonly string[];
  /** @returns the two headers that go with the message */
  sign(text: string): Record<string, string>;
  /**
   * @param trusted public keys of those whose word is taken
   * @throws SignatureRefusedError when it was not signed, or by somebody else, or is not what was signed
   */
  verify(text: string, headers: Headers, trusted: readonly string[]): void;
};

/** @throws TypeError when a seed is none of a user key; it is not repeated */
export function createMessageSigner({ seeds, required }: MessageSignerOptions): MessageSigner {
  const signers = seeds.map(createSigner);
  const [current] = signers;
  if (current === undefined) throw new TypeError('signing needs the seed of a user key (SU…)');
  /** Of those who are trusted: as many as were configured. */
  const known = new Map<string, KeyObject>();

  function keyOf(publicKey: string): KeyObject {
    const key = known.get(publicKey) ?? verifyingKeyOf(publicKey);
    known.set(publicKey, key);
    return key;
  }

  return {
    publicKeys: signers.map(({ publicKey }) => publicKey),
    sign: (text) => ({
      [HEADER.signature]: current.sign(text),
      [HEADER.signatureKey]: current.publicKey,
    }),
    verify(text, headers, trusted) {
      const { [HEADER.signature]: signature, [HEADER.signatureKey]: publicKey } = headers;
      if (signature === undefined || publicKey === undefined) {
        if (!required) return;
        throw new SignatureRefusedError('it is not signed');
      }
      if (!trusted.includes(publicKey))
        throw new SignatureRefusedError(
          `it was signed by ${nameOf(publicKey)}, who is not among those trusted`,
        );
      if (!isSignedBy(keyOf(publicKey), text, signature))
        throw new SignatureRefusedError(
          'its signature does not fit: it was altered, or moved to another subject, merchant, operation, key or deadline',
        );
    },
  };
}

/** A header of a stranger may hold anything. */
function nameOf(publicKey: string): string {
  return /^[A-Z][A-Z2-7]{55}$/.test(publicKey) ? publicKey : 'somebody';
}
