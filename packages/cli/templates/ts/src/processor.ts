/** The processor: a function for each operation. This one keeps payments in memory; call yours instead. */
import type { HandlerContext } from '@nats-bridge/worker';
import type { NatsPaymentRequest } from '../contract/request.schema.js';
import type { NatsPaymentResponse } from '../contract/response.schema.js';

type Payment = { readonly id: string; readonly minorAmount: number; readonly isCaptured: boolean };

export function inMemoryProcessor() {
  const byKey = new Map<string, Payment>();

  return {
    /** Takes or reserves the amount. One idempotency key is one payment, however often it is asked for. */
    authorize(
      { router_data: { attempt_id, request } }: NatsPaymentRequest,
      { idempotencyKey }: HandlerContext,
    ): NatsPaymentResponse {
      const { minor_amount } = request.amount as { minor_amount: number };
      // A decline is an answer, and final. Throw only what may be tried again.
      if (minor_amount <= 0)
        return {
          status: 'failure',
          error: { code: 'invalid_amount', message: 'The amount must be above 0' },
        };
      const payment = byKey.get(idempotencyKey) ?? {
        id: `my_${attempt_id}`,
        minorAmount: minor_amount,
        isCaptured: request.capture_method !== 'MANUAL',
      };
      byKey.set(idempotencyKey, payment);
      return answerOf(payment);
    },

    /** Says how a payment stands. */
    sync({ router_data: { request } }: NatsPaymentRequest): NatsPaymentResponse {
      const payment = [...byKey.values()].find(({ id }) => id === request.connector_transaction_id);
      if (payment !== undefined) return answerOf(payment);
      return { status: 'failure', error: { code: 'resource_missing', message: 'There is no such payment' } };
    },
  };
}

function answerOf({ id, minorAmount, isCaptured }: Payment): NatsPaymentResponse {
  return {
    status: 'success',
    transaction_id: id,
    attempt_status: isCaptured ? 'CHARGED' : 'AUTHORIZED',
    amount_captured: isCaptured ? minorAmount : 0,
  };
}
