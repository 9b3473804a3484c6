/** Bodies too large for a message travel through an object store; the message carries a reference. */

import { createHash } from 'node:crypto';
import type { Headers } from '@nats-bridge/protocol';
import { jetstream } from '@nats-io/jetstream';
import { type NatsConnection, nuid } from '@nats-io/nats-core';
import { type ObjectResult, Objm } from '@nats-io/obj';
import type { Connection } from '../connection/connection.js';
import { BodyUnavailableError, MessageTooLargeError } from '../errors.js';

export type BodyReferenceOptions = {
  /** Object store bucket, made by `applyTopology` with its time to live (longer than what refers to them). */
  readonly bucket: string;
  /** Largest body taken. Default 16 MiB. */
  readonly maxBodyBytes?: number;
  /** How long it may take to come, in milliseconds. Default 30 000. */
  readonly readTimeoutMs?: number;
  /** Default `X-Body-Ref`, value `{bucket}/{name}`. */
  readonly referenceHeader?: string;
  /** Default `X-Body-Sha256`, hexadecimal. */
  readonly digestHeader?: string;
};

export type BodyReferences = {
  readonly maxBodyBytes: number;
  /** Whether these headers carry a reference. */
  isReference(headers: Headers): boolean;
  /**
   * Puts the body away and gives the headers and body to send instead.
   * @throws MessageTooLargeError above `maxBodyBytes`; BodyUnavailableError when it cannot be stored
   */
  store(body: Uint8Array): Promise<{ readonly headers: Headers; readonly body: Uint8Array }>;
  /**
   * The bytes that were sent; the message's own body when it carries no reference.
   * @throws BodyUnavailableError when the object is gone, is not what was sent, or takes too long to come
   */
  resolveBody(message: { readonly body: Uint8Array; readonly headers: Headers }): Promise<Uint8Array>;
};

const EMPTY_OBJECT = new TextEncoder().encode('{}');

export function createBodyReferences(connection: Connection, options: BodyReferenceOptions): BodyReferences {
  const maxBodyBytes = options.maxBodyBytes ?? 16 * 1024 * 1024;
  const readTimeoutMs = options.readTimeoutMs ?? 30_000;
  const referenceHeader = options.referenceHeader ?? 'X-Body-Ref';
  const digestHeader = options.digestHeader ?? 'X-Body-Sha256';
  /** Objects are found by subject, so a bucket opened once serves for the life of its connection. */
  const open = async (nats: NatsConnection) =>
    new Objm(jetstream(nats, connection.jetstreamOptions)).open(options.bucket);

  async function read(name: string): Promise<Uint8Array | null> {
    const bucket = await open(await connection.get());
    const object = await bucket.get(name);
    return object && readWithin(readTimeoutMs, object);
  }

  return {
    maxBodyBytes,
    isReference: (headers) => headers[referenceHeader] !== undefined,

    async store(body) {
      if (body.length > maxBodyBytes) {
        throw new MessageTooLargeError(
          body.length,
          maxBodyBytes,
          'send less, or raise the largest body size',
        );
      }
      const name = nuid.next();
      const reference = `${options.bucket}/${name}`;
      try {
        const bucket = await open(await connection.get());
        await bucket.putBlob({ name }, body);
      } catch (cause) {
        throw new BodyUnavailableError(reference, `could not be stored: ${String(cause)}`, 'before_send', {
          cause,
        });
      }
      return { headers: { [referenceHeader]: reference, [digestHeader]: sha256(body) }, body: EMPTY_OBJECT };
    },

    async resolveBody({ body, headers }) {
      const reference = headers[referenceHeader];
      if (reference === undefined) return body;
      const slash = reference.indexOf('/');
      const name = reference.slice(slash + 1);
      if (slash < 1 || reference.slice(0, slash) !== options.bucket || name === '') {
        throw new BodyUnavailableError(reference, `is not in the bucket ${options.bucket}`, 'sent_unknown');
      }
      const bytes = await read(name).catch((cause: unknown) => {
        throw new BodyUnavailableError(reference, `could not be read: ${String(cause)}`, 'sent_unknown', {
          cause,
        });
      });
      if (bytes === null)
        throw new BodyUnavailableError(reference, 'is gone: it has expired', 'sent_unknown');
      if (bytes.length > maxBodyBytes) {
        throw new BodyUnavailableError(reference, `is larger than ${maxBodyBytes} bytes`, 'sent_unknown');
      }
      if (sha256(bytes) !== headers[digestHeader]) {
        throw new BodyUnavailableError(
          reference,
          `does not have the digest that came with it`,
          'sent_unknown',
        );
      }
      return bytes;
    },
  };
}

/** Pieces that are gone, or a connection that is, would be waited for without an end. */
async function readWithin(limitMs: number, { data, error }: ObjectResult): Promise<Uint8Array> {
  error.catch(() => {}); // the reading fails of it, too
  const reader = data.getReader();
  const pieces: Uint8Array[] = [];
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    void reader.cancel();
  }, limitMs);
  try {
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) pieces.push(piece.value);
  } finally {
    clearTimeout(timer);
  }
  if (isLate) throw new Error(`it has not come within ${limitMs} ms`);
  return Buffer.concat(pieces);
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
