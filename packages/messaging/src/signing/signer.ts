/** Signatures with NATS's own keys (NKEYs, Ed25519). */
import { sign, verify } from 'node:crypto';
import { Secret } from '@nats-bridge/protocol';
import { createUser } from '@nats-io/nkeys';
import { signingPairOf, verifyingKeyOf } from './ed25519-key.js';

export type Signer = {
  /** `U…` */
  readonly publicKey: string;
  /** @returns base64url */
  sign(text: string): string;
};

/** @throws TypeError for what is no seed of a user key; it is not repeated */
export function createSigner(seed: Secret<string>): Signer {
  const { publicKey, privateKey } = signingPairOf(seed);
  return {
    publicKey,
    sign: (text) => sign(null, Buffer.from(text), privateKey).toString('base64url'),
  };
}

/** Whatever it is given, it only says whether it fits. */
export function verifySignature(publicKey: string, text: string, signature: string): boolean {
  try {
    return isSignedBy(verifyingKeyOf(publicKey), text, signature);
  } catch {
    return false;
  }
}

/** The seed of a new user key (`SU…`). */
export function newSigningSeed(): Secret<string> {
  return new Secret(Buffer.from(createUser().getSeed()).toString());
}

/** The public part (`U…`) of a seed. @throws TypeError when it is none; it is not repeated */
export function publicSigningKey(seed: Secret<string>): string {
  return signingPairOf(seed).publicKey;
}

/** @throws TypeError for what is no public NKEY */
export function assertPublicSigningKey(publicKey: string): void {
  verifyingKeyOf(publicKey);
}

export function isSignedBy(key: ReturnType<typeof verifyingKeyOf>, text: string, signature: string): boolean {
  return verify(null, Buffer.from(text), key, Buffer.from(signature, 'base64url'));
}
