/** A call, as its caller asks for it, becomes an exchange. */
import type { CancelSignal } from '@nats-bridge/messaging';
import { idempotencyKey, operationRow, ValidationError } from '@nats-bridge/protocol';
import type { TraceParent } from '@nats-bridge/tracing';
import { type BridgeConfig, poolOf } from '../config/bridge-config.js';
import type { BegunCall } from './begin-call.js';
import type { Exchange } from './exchange.js';

export type CallOptions = {
  /** Milliseconds since the epoch; the configured timeout of the operation still bounds it. */
  readonly deadlineAt?: number;
  /** Ends the wait, not the operation: the outcome is then unknown. */
  readonly signal?: CancelSignal;
  /** W3C trace context, handed to the worker; of this process, its span will do. */
  readonly traceparent?: TraceParent;
  /** Why there is no room for it: it is not sent, and only a repeat hears more than OVERLOADED. */
  readonly turnedAway?: string;
  /** A question that only a worker may answer, never the ledger: what is compared must not answer for both. */
  readonly isForWorkersAlone?: boolean;
};

/** @throws ValidationError when it moves money and a repeat could not be told from it */
export function exchangeOf(
  { operation, data, correlationId, trace, marks }: BegunCall,
  options: CallOptions,
  config: BridgeConfig,
): Exchange {
  const row = operationRow(operation);
  const key = idempotencyKey(operation, data);
  if (row.movesMoney && key === undefined)
    throw new ValidationError(
      `${operation} moves money and names no attempt, refund or payout: without one a repeat could not be told from a second payment`,
    );
  return {
    operation,
    row,
    data,
    key,
    correlationId,
    deadlineAt: options.deadlineAt ?? Number.POSITIVE_INFINITY,
    waitUntil: undefined,
    isDurable: config.jetstream_enabled && row.channel === 'payments',
    pool: poolOf(config, data.merchant_id),
    workers: 'nobody',
    consumers: undefined,
    signal: options.signal,
    turnedAway: options.turnedAway,
    isForWorkersAlone: options.isForWorkersAlone,
    trace,
    marks,
  };
}
