/** Calls as a caller makes them, and what he heard: the operations that move money, and the syncs about them. */
import { createHash } from 'node:crypto';
import type { UcsClient } from '@nats-bridge/gateway/client';
import { ERROR_CODES, type JsonObject } from '@nats-bridge/protocol';
import { authorizeRequest, money } from '../stack-under-test.js';
import type { Call, Heard, MoneyOperation } from './evidence.js';
import type { PaymentPlan } from './plan.js';

/** One operation of a payment, as often as it is asked for. */
export type Order = {
  readonly operation: MoneyOperation;
  readonly merchant: string;
  /** Of the attempt or refund. */
  readonly resource: string;
  /** Merchant and idempotency key. */
  readonly key: string;
  readonly amount: number;
  readonly succeedsAs: string;
  readonly isManual: boolean;
  /** The processor's id of the payment; empty for an authorization. */
  readonly paymentId: string;
};

const CALL_LIMIT_MS = 15_000;
const METHOD = { authorize: 'Authorize', capture: 'Capture', void: 'Void', refund: 'Refund' } as const;
const SUCCEEDS_AS = { capture: 'CHARGED', void: 'VOIDED', refund: 'REFUND_SUCCESS' } as const;

export function orderOf(operation: MoneyOperation, plan: PaymentPlan, paymentId = ''): Order {
  const { merchant, number, amount, isManual } = plan;
  const resource = operation === 'refund' ? `ref_${number}` : `att_${number}`;
  const authorized = isManual ? 'AUTHORIZED' : 'CHARGED';
  return {
    operation,
    merchant,
    resource,
    key: `${merchant} ${operation}:${resource}`,
    // Nobody says how much is voided.
    amount: operation === 'void' ? 0 : amount,
    succeedsAs: operation === 'authorize' ? authorized : SUCCEEDS_AS[operation],
    isManual,
    paymentId,
  };
}

function requestOf({ operation, resource, amount, isManual, paymentId }: Order): JsonObject {
  const payment = { connector_transaction_id: paymentId };
  switch (operation) {
    case 'authorize':
      return authorizeRequest(resource, {
        amount: money(amount),
        capture_method: isManual ? 'MANUAL' : 'AUTOMATIC',
      });
    case 'capture':
      return { ...payment, merchant_capture_id: resource, amount_to_capture: money(amount) };
    case 'void':
      return { ...payment, merchant_void_id: resource };
    case 'refund':
      return { ...payment, merchant_refund_id: resource, refund_amount: money(amount) };
  }
}

/** @param turn 0 for the first time that it is asked for */
export async function place(client: UcsClient, order: Order, turn: number): Promise<Call> {
  const { key, operation, amount, succeedsAs } = order;
  const traceId = createHash('sha256').update(`${key} ${turn}`).digest('hex').slice(0, 32);
  const at = Date.now();
  const metadata = { traceparent: `00-${traceId}-00000000000000a1-01` };
  const ended = await hear(client, `PaymentService/${METHOD[operation]}`, requestOf(order), order, metadata);
  return { key, traceId, operation, amount, succeedsAs, at, endedAt: Date.now(), ended };
}

/** Asks how it stands, with the id that its caller was left with; for what is done to a payment, with the payment's. */
export function askHowItStands(client: UcsClient, order: Order, heardId: string): Promise<Heard> {
  const { operation, resource, amount, isManual, paymentId } = order;
  if (operation === 'refund')
    return hear(
      client,
      'RefundService/Get',
      {
        merchant_refund_id: resource,
        connector_transaction_id: paymentId,
        refund_id: heardId,
        connector_refund_id: heardId,
      },
      order,
    );
  const request = {
    merchant_transaction_id: resource,
    connector_transaction_id: operation === 'authorize' ? heardId : paymentId,
    amount: money(amount),
    capture_method: isManual ? 'MANUAL' : 'AUTOMATIC',
  };
  return hear(client, 'PaymentService/Get', request, order);
}

async function hear(
  client: UcsClient,
  method: string,
  request: JsonObject,
  { merchant, resource }: Order,
  more: Readonly<Record<string, string>> = {},
): Promise<Heard> {
  const metadata = {
    'x-merchant-id': merchant,
    'x-resource-id': resource,
    'x-reference-id': resource,
    ...more,
  };
  try {
    const response = await client.call(method, request, { metadata, timeoutMs: CALL_LIMIT_MS });
    const error = response.error as JsonObject | undefined;
    const code = (error?.connector_details as JsonObject | undefined)?.code;
    return {
      kind: 'answered',
      status: String(response.status),
      id: String(response.connector_refund_id ?? response.connector_transaction_id ?? ''),
      ...(typeof code === 'string' && code in ERROR_CODES && { bridgeCode: code }),
    };
  } catch (error) {
    return { kind: 'error', message: (error as Error).message.slice(0, 120) };
  }
}
