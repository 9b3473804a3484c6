/** A sealed body as it travels: JSON, so that any language can read it (docs/sealing.md). */
import { z } from 'zod';
import { SealBrokenError } from './seal-broken-error.js';

const base64 = z.base64().transform((text) => Buffer.from(text, 'base64'));

const envelopeSchema = z.object({
  /** Of this format. */
  sealed: z.literal(1),
  /** The content type of what is inside. */
  type: z.string(),
  /** The sender's public curve key (`X…`). */
  from: z.string(),
  /** The data key, once for each who may open it, sealed with NATS's curve keys (xkv1). */
  to: z.array(z.object({ key: z.string(), box: z.base64() })).min(1),
  /** 12 bytes. */
  nonce: base64,
  /** AES-256-GCM: the body, then the 16 bytes of its tag. */
  data: base64,
});

export type Envelope = z.output<typeof envelopeSchema>;

export function encodeEnvelope({ nonce, data, ...rest }: Envelope): Uint8Array {
  return Buffer.from(
    JSON.stringify({ ...rest, nonce: nonce.toString('base64'), data: data.toString('base64') }),
  );
}

/** @throws SealBrokenError */
export function decodeEnvelope(bytes: Uint8Array): Envelope {
  const parsed = envelopeSchema.safeParse(jsonIn(bytes));
  if (!parsed.success) throw new SealBrokenError('it is no sealed body');
  return parsed.data;
}

function jsonIn(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'));
  } catch {
    return undefined;
  }
}
