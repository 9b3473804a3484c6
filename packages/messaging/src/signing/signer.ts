/** Signatures with NATS's own keys (NKEYs, Ed25519). */
import { Secret } from '@nats-bridge/protocol';
import { createUser, fromPublic, fromSeed } from '@nats-io/nkeys';

export type Signer = {
  /** `U…` */
  readonly publicKey: string;
  /** @returns base64url */
  sign(text: string): string;
};

/** @throws TypeError for what is no seed of a user key */
export function createSigner(seed: Secret<string>): Signer {
  const pair = fromSeed(Buffer.from(seed.reveal()));
  const publicKey = pair.getPublicKey();
  if (!publicKey.startsWith('U')) throw new TypeError('it is no seed of a user key (SU…)');
  return {
    publicKey,
    sign: (text) => Buffer.from(pair.sign(Buffer.from(text))).toString('base64url'),
  };
}

/** Whatever it is given, it only says whether it fits. */
export function verifySignature(publicKey: string, text: string, signature: string): boolean {
  try {
    return fromPublic(publicKey).verify(Buffer.from(text), Buffer.from(signature, 'base64url'));
  } catch {
    return false;
  }
}

export function newSigningSeed(): Secret<string> {
  return new Secret(Buffer.from(createUser().getSeed()).toString());
}
