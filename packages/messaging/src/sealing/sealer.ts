/**
 * Seals bodies for who may read them, and opens those sealed for us. Each body is encrypted with AES-256-GCM under a
 * data key; the data key is sealed for every recipient with NATS's own curve keys (X25519, XSalsa20-Poly1305), which
 * also proves who sealed it. A data key serves many bodies for a while, each with a nonce of its own: curve keys cost
 * a millisecond, AES a few microseconds.
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { Secret } from '@nats-bridge/protocol';
import { createCurve, fromCurveSeed, type KeyPair } from '@nats-io/nkeys';
import { decodeEnvelope, type Envelope, encodeEnvelope } from './envelope.js';
import { SealBrokenError } from './seal-broken-error.js';

export type SealerOptions = {
  /** Seeds of our own curve keys (`SX…`): the first seals, all open, so that a key can be changed step by step. */
  readonly seeds: readonly Secret<string>[];
  /** How long a data key is used. Default 10 minutes. */
  readonly keyLifeMs?: number;
  readonly now?: () => number;
};

export type Opened = {
  readonly body: Uint8Array;
  readonly contentType: string;
  /** The sender's public key. */
  readonly from: string;
  /**
   * We sealed it, and for nobody but us. Otherwise whoever else could open it has had the data key and the box we made
   * for ourselves, and can have made this body of them.
   */
  readonly isOwnAlone: boolean;
};

export type Sealer = {
  /** Public keys (`X…`), the current one first. */
  readonly publicKeys: readonly string[];
  /**
   * @param context what the body is bound to; who opens it must know the same
   * @param recipients public keys of all who may open it
   * @throws TypeError for a recipient that is no public curve key
   */
  seal(body: Uint8Array, contentType: string, context: string, recipients: readonly string[]): Uint8Array;
  /**
   * @param senders public keys of those whose word is taken
   * @throws SealBrokenError when it is sealed for others, by others, or was altered or moved
   */
  open(sealed: Uint8Array, context: string, senders: readonly string[]): Opened;
};

type OpenedKey = Pick<Opened, 'isOwnAlone'> & { readonly key: Buffer };

type DataKey = { readonly key: Buffer; readonly to: Envelope['to']; readonly until: number; uses: number };

const DEFAULT_KEY_LIFE_MS = 600_000;
/** Far below where random nonces of 96 bits could meet (NIST SP 800-38D: 2^32). */
const MOST_USES = 1_000_000;
/** Data keys of others that are remembered, so that each is opened once. */
const MOST_OPENED = 1_000;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;
/** Follows the data key in a box that we made for ourselves, where nobody else got one. */
const ALONE = createHash('sha256').update('nats-bridge sealed for its sender alone 1').digest();

/** @throws TypeError when a seed is none of a curve key; it is not repeated */
export function createSealer({
  seeds,
  keyLifeMs = DEFAULT_KEY_LIFE_MS,
  now = Date.now,
}: SealerOptions): Sealer {
  const pairs = seeds.map(pairOf);
  const current = pairs[0];
  if (current === undefined) throw new TypeError('sealing needs the seed of a curve key');
  const own = new Map(pairs.map((pair) => [pair.getPublicKey(), pair]));
  const from = current.getPublicKey();
  const sending = new Map<string, DataKey>();
  const opened = new Map<string, OpenedKey>();

  function dataKeyFor(recipients: readonly string[]): DataKey {
    const id = recipients.join(' ');
    const known = sending.get(id);
    if (known !== undefined && known.until > now() && known.uses < MOST_USES) return known;
    const key = randomBytes(KEY_BYTES);
    const inBox = recipients.every((recipient) => own.has(recipient)) ? Buffer.concat([key, ALONE]) : key;
    const to = recipients.map((recipient) => ({ key: recipient, box: boxFor(recipient, inBox) }));
    const fresh = { key, to, until: now() + keyLifeMs, uses: 0 };
    sending.set(id, fresh);
    return fresh;
  }

  function boxFor(recipient: string, inBox: Buffer): string {
    try {
      return Buffer.from((current as KeyPair).seal(inBox, recipient)).toString('base64');
    } catch {
      throw new TypeError(`${JSON.stringify(recipient)} is not the public part of a curve key (X…)`);
    }
  }

  function openBox({ from: sender, to }: Envelope): OpenedKey {
    for (const { key: recipient, box } of to) {
      const pair = own.get(recipient);
      if (pair === undefined) continue;
      const id = `${sender} ${recipient} ${box}`;
      const known = opened.get(id);
      if (known !== undefined) return known;
      const inBox = unbox(pair, Buffer.from(box, 'base64'), sender);
      const isOwnAlone = own.has(sender) && inBox.subarray(KEY_BYTES).equals(ALONE);
      const fresh = { key: inBox.subarray(0, KEY_BYTES), isOwnAlone };
      const [oldest] = opened.keys();
      if (opened.size >= MOST_OPENED && oldest !== undefined) opened.delete(oldest);
      opened.set(id, fresh);
      return fresh;
    }
    throw new SealBrokenError(
      `it is sealed for ${to.map(({ key }) => key).join(', ')}, and our keys are ${[...own.keys()].join(', ')}`,
    );
  }

  return {
    publicKeys: [...own.keys()],
    seal(body, type, context, recipients) {
      const dataKey = dataKeyFor(recipients);
      dataKey.uses++;
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', dataKey.key, nonce).setAAD(boundTo(context, type));
      const data = Buffer.concat([cipher.update(body), cipher.final(), cipher.getAuthTag()]);
      return encodeEnvelope({ sealed: 1, type, from, to: dataKey.to, nonce, data });
    },
    open(sealed, context, senders) {
      const envelope = decodeEnvelope(sealed);
      if (!senders.includes(envelope.from))
        throw new SealBrokenError(`it was sealed by ${envelope.from}, who is not among those trusted`);
      const { key, isOwnAlone } = openBox(envelope);
      const { nonce, data, type, from } = envelope;
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
        decipher.setAAD(boundTo(context, type)).setAuthTag(data.subarray(-TAG_BYTES));
        const body = Buffer.concat([decipher.update(data.subarray(0, -TAG_BYTES)), decipher.final()]);
        return { body, contentType: type, from, isOwnAlone };
      } catch {
        throw new SealBrokenError(
          'it was altered, or moved to another subject, merchant, operation, key or deadline',
        );
      }
    },
  };
}

/** The seed of a new curve key (`SX…`). */
export function newCurveSeed(): Secret<string> {
  return new Secret(new TextDecoder().decode(createCurve().getSeed()));
}

/** The public part (`X…`) of a seed. @throws TypeError when it is none; it is not repeated */
export function publicCurveKey(seed: Secret<string>): string {
  return pairOf(seed).getPublicKey();
}

function boundTo(context: string, type: string): Buffer {
  return Buffer.from(`${context}\n${type}`);
}

function pairOf(seed: Secret<string>): KeyPair {
  try {
    return fromCurveSeed(new TextEncoder().encode(seed.reveal().trim()));
  } catch {
    throw new TypeError('a seed is not that of a curve key (SX…): make one with `nats-bridge keys new`');
  }
}

/** The data key, and ALONE where it follows. */
function unbox(pair: KeyPair, box: Uint8Array, sender: string): Buffer {
  try {
    const inBox = Buffer.from(pair.open(box, sender) ?? []);
    if (inBox.length === KEY_BYTES || inBox.subarray(KEY_BYTES).equals(ALONE)) return inBox;
  } catch {
    // Said below.
  }
  throw new SealBrokenError(`its data key was not sealed by ${sender}`);
}
