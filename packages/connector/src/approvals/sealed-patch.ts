/** The patch of a proposed edit: sealed for the bridges, and signed where they do so, for it may hold card data. */
import { decodeMessage, encodeBody, HEADER, ValidationError } from '@nats-bridge/protocol';
import type { DeadLetter } from '../dead-letters/dead-letter.js';
import type { BridgeSealing } from '../sealing/bridge-sealing.js';
import type { Kept } from './proposal.js';

export function sealPatch(sealing: BridgeSealing, letter: DeadLetter, patch: unknown): Kept['patch'] {
  const { queue, seq, merchantId, idempotencyKey: idempotency_key } = letter;
  const clear = { body: encodeBody(patch), headers: { [HEADER.contentType]: 'application/json' } };
  const sealed = sealing.sealAnswer(merchantId, sealedUnder({ queue, seq, idempotency_key }), clear);
  return { body: Buffer.from(sealed.body).toString('base64'), headers: { ...sealed.headers } };
}

/** @returns undefined of what is no edit. @throws ValidationError when it is sealed for other keys than this bridge has */
export function openPatch(sealing: BridgeSealing, kept: Kept): unknown {
  if (kept.patch === undefined) return undefined;
  const patch = { body: Buffer.from(kept.patch.body, 'base64'), headers: kept.patch.headers };
  try {
    return decodeMessage(sealing.openAnswer(kept.merchant_id, sealedUnder(kept), patch));
  } catch (cause) {
    throw new ValidationError('the patch cannot be opened with the keys of this bridge', { cause });
  }
}

/** No idempotency key: a patch is never taken for an answer. */
function sealedUnder({
  queue,
  seq,
  idempotency_key,
}: Pick<Kept, 'queue' | 'seq' | 'idempotency_key'>): string {
  return `approval ${queue} ${seq} ${idempotency_key}`;
}
