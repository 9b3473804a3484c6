/** One payment through its life, over gRPC, as Hyperswitch would drive it; used by `up --demo` and `pay`. */
import { randomUUID } from 'node:crypto';
import type { UcsClient } from '@nats-bridge/gateway/client';
import type { JsonObject } from '@nats-bridge/protocol';

export type Step = {
  /** Hyperswitch's, as logs, console and ledger have it. */
  readonly paymentId: string;
  readonly operation: string;
  readonly status: string;
  readonly ms: number;
  readonly detail: string;
};

export type PaymentInput = {
  readonly minorAmount: number;
  readonly currency: string;
  readonly cardNumber: string;
  /** MANUAL: authorize, then capture; AUTOMATIC: both at once. */
  readonly captureMethod: 'AUTOMATIC' | 'MANUAL';
};

type Runner = { readonly client: UcsClient; readonly onStep: (step: Step) => void };

export function newPaymentId(): string {
  return `pay_${randomUUID().slice(0, 8)}`;
}

/** Authorizes one payment. */
export async function authorize(runner: Runner, input: PaymentInput, paymentId = newPaymentId()) {
  const attemptId = `att_${randomUUID().slice(0, 8)}`;
  const response = await step(runner, 'authorize', 'PaymentService/Authorize', ids(paymentId, attemptId), {
    merchant_transaction_id: attemptId,
    amount: { minor_amount: input.minorAmount, currency: input.currency },
    capture_method: input.captureMethod,
    auth_type: 'NO_THREE_DS',
    payment_method: {
      card: {
        card_number: input.cardNumber,
        card_exp_month: '12',
        card_exp_year: '2030',
        card_cvc: '123',
        card_holder_name: 'Jo Doe',
      },
    },
    test_mode: true,
  });
  return {
    paymentId,
    attemptId,
    connectorTransactionId: String(response.connector_transaction_id ?? ''),
    response,
  };
}

/** Authorize, capture, sync, refund and its sync; then a second payment that is voided. */
export async function runLifeCycle(
  runner: Runner,
  input: Omit<PaymentInput, 'captureMethod'>,
): Promise<void> {
  const money = { minor_amount: input.minorAmount, currency: input.currency };
  const paid = await authorize(runner, { ...input, captureMethod: 'MANUAL' });
  const { paymentId, attemptId, connectorTransactionId: connector_transaction_id } = paid;
  await step(runner, 'capture', 'PaymentService/Capture', ids(paymentId, attemptId), {
    merchant_capture_id: attemptId,
    connector_transaction_id,
    amount_to_capture: money,
    capture_method: 'MANUAL',
    test_mode: true,
  });
  await step(runner, 'sync', 'PaymentService/Get', ids(paymentId, attemptId), {
    merchant_transaction_id: attemptId,
    connector_transaction_id,
    amount: money,
    capture_method: 'MANUAL',
    test_mode: true,
  });
  const refundId = `ref_${randomUUID().slice(0, 8)}`;
  const refund = await step(runner, 'refund', 'PaymentService/Refund', ids(paymentId, refundId), {
    merchant_refund_id: refundId,
    connector_transaction_id,
    payment_amount: input.minorAmount,
    refund_amount: money,
    test_mode: true,
  });
  await step(runner, 'refund_sync', 'RefundService/Get', ids(paymentId, refundId), {
    merchant_refund_id: refundId,
    connector_transaction_id,
    refund_id: refund.connector_refund_id ?? '',
    test_mode: true,
  });
  const voided = await authorize(runner, { ...input, captureMethod: 'MANUAL' });
  await step(runner, 'void', 'PaymentService/Void', ids(voided.paymentId, voided.attemptId), {
    merchant_void_id: voided.attemptId,
    connector_transaction_id: voided.connectorTransactionId,
    cancellation_reason: 'requested_by_customer',
    test_mode: true,
  });
}

function ids(paymentId: string, resourceId: string) {
  return { 'x-reference-id': paymentId, 'x-resource-id': resourceId, 'x-request-id': randomUUID() };
}

async function step(
  { client, onStep }: Runner,
  operation: string,
  method: string,
  metadata: ReturnType<typeof ids>,
  request: JsonObject,
): Promise<JsonObject> {
  const startedAt = performance.now();
  const response = await client.call(method, request, { metadata });
  const ms = Math.round((performance.now() - startedAt) * 100) / 100;
  onStep({
    paymentId: metadata['x-reference-id'],
    operation,
    status: String(response.status ?? ''),
    ms,
    detail: detailOf(response),
  });
  return response;
}

/** The processor's id, or why there is none. */
function detailOf(response: JsonObject): string {
  const details = (response.error as JsonObject | undefined)?.connector_details as JsonObject | undefined;
  if (details !== undefined) return `${details.code}: ${details.message}`;
  return String(response.connector_refund_id ?? response.connector_transaction_id ?? '');
}
