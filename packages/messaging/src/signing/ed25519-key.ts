/**
 * NKEYs as keys of Node's own Ed25519: what `@nats-io/nkeys` reads and checks, and signs in pure JavaScript a hundred
 * times slower.
 */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import type { Secret } from '@nats-bridge/protocol';
import { fromPublic, fromSeed } from '@nats-io/nkeys';

/** What stands before the 32 bytes of a key in DER (RFC 8410). */
const PRIVATE_DER = Buffer.from('302e020100300506032b657004220420', 'hex');
const PUBLIC_DER = Buffer.from('302a300506032b6570032100', 'hex');
const KEY_BYTES = 32;
/** Of a seed: what it is, and of which kind. */
const SEED_PREFIX_BYTES = 2;
const PUBLIC_PREFIX_BYTES = 1;

export type SigningPair = { readonly publicKey: string; readonly privateKey: KeyObject };

/** @throws TypeError for what is no seed of a user key (`SU…`); it is not repeated */
export function signingPairOf(seed: Secret<string>): SigningPair {
  const text = seed.reveal().trim();
  const publicKey = publicPartOf(text);
  if (!publicKey?.startsWith('U')) throw new TypeError('it is no seed of a user key (SU…)');
  const der = Buffer.concat([PRIVATE_DER, keyIn(text, SEED_PREFIX_BYTES)]);
  return { publicKey, privateKey: createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }) };
}

/** @throws TypeError for what is no public NKEY */
export function verifyingKeyOf(publicKey: string): KeyObject {
  try {
    fromPublic(publicKey);
  } catch {
    throw new TypeError(`${JSON.stringify(publicKey)} is no public NKEY (U…)`);
  }
  const der = Buffer.concat([PUBLIC_DER, keyIn(publicKey, PUBLIC_PREFIX_BYTES)]);
  return createPublicKey({ key: der, format: 'der', type: 'spki' });
}

function publicPartOf(seed: string): string | undefined {
  try {
    return fromSeed(new TextEncoder().encode(seed)).getPublicKey();
  } catch {
    return undefined;
  }
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** The key inside of an encoded one, whose checksum was looked at before. */
function keyIn(encoded: string, prefixBytes: number): Buffer {
  const bytes: number[] = [];
  let bits = 0;
  let value = 0;
  for (const letter of encoded) {
    value = ((value << 5) | BASE32.indexOf(letter)) & 0xfff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push((value >> bits) & 0xff);
  }
  return Buffer.from(bytes.slice(prefixBytes, prefixBytes + KEY_BYTES));
}
