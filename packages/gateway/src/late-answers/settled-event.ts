/** The bridge's own webhook: "what you were told was pending is settled". It names what happened, and proves nothing. */
import { createHash } from 'node:crypto';
import type { Settlement } from '@nats-bridge/connector';
import { isoTime } from '@nats-bridge/protocol';
import { z } from 'zod';

const EVENT_TYPE = 'nats_bridge.operation.settled';

export const EVENT_HEADER = 'x-nats-bridge-event';
export const SIGNATURE_HEADER = 'x-nats-bridge-signature';

const subjectToken = z
  .string()
  .min(1)
  .max(255)
  .refine((text) => text.isWellFormed());

const settledEventSchema = z.object({
  type: z.literal(EVENT_TYPE),
  /** The same however often it is sent. */
  id: z.string(),
  merchant_id: subjectToken,
  operation: z.string(),
  idempotency_key: subjectToken,
  payment_id: z.string(),
  attempt_id: z.string(),
  refund_id: z.string().optional(),
  connector_transaction_id: z.string().optional(),
  connector_refund_id: z.string().optional(),
  /** A UCS status by name. */
  status: z.string(),
  /** ISO 8601: when it was recorded. */
  at: z.string(),
});

export type SettledEvent = z.output<typeof settledEventSchema>;

export function eventOf({ note, outcome, at }: Settlement): SettledEvent {
  const { merchant_id, operation, idempotency_key, payment_id, attempt_id, refund_id } = note;
  const id = outcome.kind === 'answered' ? outcome.transactionId : undefined;
  const digest = createHash('sha256').update(`${merchant_id}\n${idempotency_key}`).digest('hex');
  return {
    type: EVENT_TYPE,
    id: `evt_${digest.slice(0, 32)}`,
    merchant_id,
    operation,
    idempotency_key,
    payment_id,
    attempt_id,
    refund_id,
    [refund_id === undefined ? 'connector_transaction_id' : 'connector_refund_id']: id,
    status: outcome.status,
    at: isoTime(at),
  };
}

/** An HTTP request as Hyperswitch got it and hands it on: header names in any case. */
export type ReceivedRequest = {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
};

export function headerOf({ headers }: ReceivedRequest, wanted: string): string | undefined {
  return Object.entries(headers).find(([name]) => name.toLowerCase() === wanted)?.[1];
}

/** @returns undefined for what is not an event of the bridge: workers may know what it is */
export function readEvent(request: ReceivedRequest): SettledEvent | undefined {
  if (headerOf(request, EVENT_HEADER) === undefined) return undefined;
  try {
    return settledEventSchema.safeParse(JSON.parse(Buffer.from(request.body).toString('utf8'))).data;
  } catch {
    return undefined;
  }
}
