/** Refunds, their state, and taking one back. */
import type { HandlerResponse, Handlers } from '@nats-bridge/worker';
import { PENDING_REFUND_AMOUNT } from '../cards.js';
import { addRefund, inCurrency, type Payment, refuse, voidRefund } from '../payment.js';
import { minorAmount, text } from '../request-reader.js';
import { refusal, type Sandbox } from '../sandbox.js';
import { digest } from '../store.js';
import { change, findPayment } from './payments.js';

export function refundHandlers(sandbox: Sandbox): Handlers {
  return {
    refund(request, context) {
      const amount = minorAmount(request, 'refund_amount');
      const isPending = amount === PENDING_REFUND_AMOUNT;
      // The id tells which payment it belongs to, as `{payment}_r{number}`.
      const idOf = (payment: Payment) => `${payment.id}_r${digest(context.idempotencyKey).slice(0, 8)}`;
      return change(
        sandbox,
        request,
        context,
        (payment) =>
          inCurrency(payment, text(request, 'refund_amount', 'currency'), (one) =>
            addRefund(one, {
              id: idOf(one),
              amount,
              status: isPending ? 'pending' : 'succeeded',
              ...(isPending && { settlesAt: sandbox.now() + sandbox.settleAfterMs }),
            }),
          ),
        (payment) => describe(payment, idOf(payment)),
      );
    },
    async refund_sync(request) {
      const id = refundIdOf(request);
      const record = await findPayment(sandbox, request);
      return record === undefined
        ? refusal(refuse('resource_missing', `There is no refund ${id}`))
        : describe(record.payment, id);
    },
    void_refund(request, context) {
      const id = refundIdOf(request);
      return change(
        sandbox,
        request,
        context,
        (payment) => voidRefund(payment, id),
        (payment) => describe(payment, id),
      );
    },
  };
}

function refundIdOf(request: Parameters<typeof text>[0]): string {
  return text(request, 'refund_id') ?? text(request, 'connector_refund_id') ?? '';
}

function describe(payment: Payment, refundId: string): HandlerResponse {
  const refund = payment.refunds.find(({ id }) => id === refundId);
  if (refund === undefined) return refusal(refuse('resource_missing', `There is no refund ${refundId}`));
  return {
    status: refund.status === 'pending' ? 'processing' : 'success',
    transaction_id: refund.id,
    refund_status: { succeeded: 'REFUND_SUCCESS', pending: 'REFUND_PENDING', voided: 'REFUND_FAILURE' }[
      refund.status
    ],
    connector_response: {
      id: refund.id,
      object: 'refund',
      amount: refund.amount,
      status: refund.status,
      payment: payment.id,
    },
    response: {
      connector_transaction_id: payment.id,
      refund_amount: { minor_amount: refund.amount, currency: payment.currency },
    },
  };
}
