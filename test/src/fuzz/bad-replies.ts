/** Replies that a broken or hostile worker may send, and what an honest reader may take from them. */
import { decodeBody, encodeBody } from '@nats-bridge/protocol';
import { pick, type Random } from '../faults/random.js';
import { mutate } from './mutate.js';
import type { Answer } from './rogue-worker.js';

const ODD_VALUES = [
  null,
  0,
  -1,
  1.5,
  true,
  '',
  'x'.repeat(70_000),
  [],
  {},
  [[[[]]]],
  'SUCCESS',
  'success ',
  NaN,
];
const MSGPACK = 'application/msgpack';

export function goodReply(correlationId: string): Readonly<Record<string, unknown>> {
  return { status: 'success', transaction_id: 'txn_1', correlation_id: correlationId };
}

export function badReply(correlationId: string, random: Random): Answer {
  const honest = pick(
    [
      goodReply(correlationId),
      { status: 'failure', error: { code: 'declined', message: 'No.' }, correlation_id: correlationId },
      { status: 'processing', transaction_id: 'txn_2', correlation_id: correlationId },
    ],
    random,
  );
  const chance = random();
  if (chance < 0.1) return { body: encodeBody(honest) };
  if (chance < 0.35) {
    const field = pick(['status', 'transaction_id', 'correlation_id', 'error', 'response'], random);
    return { body: encodeBody({ ...honest, [field]: pick(ODD_VALUES, random) }) };
  }
  if (chance < 0.5)
    return {
      body: mutate(encodeBody(honest, MSGPACK), random),
      contentType: pick([MSGPACK, 'text/x'], random),
    };
  return { body: mutate(encodeBody(honest), random) };
}

/**
 * What the bytes say about the request, read as forgivingly as can be.
 * @returns `nothing` where they cannot be read, name another request, or have no status of the contract
 */
export function saidBy(
  { body, contentType }: Answer,
  correlationId: string,
): 'success' | 'failure' | 'nothing' {
  let reply: unknown;
  try {
    reply = decodeBody(body, contentType);
  } catch {
    return 'nothing';
  }
  if (typeof reply !== 'object' || reply === null) return 'nothing';
  const { status, correlation_id: id } = reply as { status?: unknown; correlation_id?: unknown };
  if (typeof id === 'string' && id !== '' && id !== correlationId) return 'nothing';
  return status === 'success' || status === 'failure' ? status : 'nothing';
}
