/** What a worker's answer to a question says of the processor's truth, and what it leaves open. Pure. */
import type { BridgeResponse, Outcome } from '@nats-bridge/protocol';
import { type Money, moneyIn } from '../payments/money.js';

export type ProcessorState =
  | { readonly kind: 'known'; readonly status: string; readonly amount: Money | undefined }
  /** It has nothing under this id. */
  | { readonly kind: 'not_known' }
  /** The worker answered, and could not tell. */
  | { readonly kind: 'untold'; readonly why: string }
  /** The question did not come to the processor, or was refused there. */
  | { readonly kind: 'not_asked'; readonly why: string };

const MISSING: ReadonlySet<string> = new Set(['resource_missing', 'not_found']);

/** @param outcome of a `sync` or a `refund_sync` that only a worker may answer */
export function processorStateOf(outcome: Outcome): ProcessorState {
  if (outcome.kind !== 'answered') {
    const { code, message } = outcome.error;
    return { kind: outcome.kind === 'unknown' ? 'untold' : 'not_asked', why: `${code}: ${message}` };
  }
  const { reply, status } = outcome;
  const code = reply.error?.code;
  if (status === 'UNRESOLVED' || MISSING.has(code ?? '')) return { kind: 'not_known' };
  if (status === '' || status.endsWith('_UNSPECIFIED'))
    return { kind: 'untold', why: code === undefined ? 'the worker could not tell' : `the worker: ${code}` };
  // It may speak of the question as well: wrong credentials, for example.
  const namesPayment = Boolean(reply.attempt_status ?? reply.refund_status ?? reply.transaction_id);
  if (reply.status === 'failure' && !namesPayment)
    return { kind: 'not_asked', why: `the worker refused the question: ${code ?? 'no reason'}` };
  return { kind: 'known', status, amount: amountIn(outcome.operation, reply) };
}

function amountIn(operation: string, reply: BridgeResponse): Money | undefined {
  if (operation === 'refund_sync') return moneyIn(reply.response?.refund_amount);
  return typeof reply.amount_captured === 'number' ? { minorAmount: reply.amount_captured } : undefined;
}
