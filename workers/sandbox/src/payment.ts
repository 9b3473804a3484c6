/** A payment at the processor: its state, and what may be done to it. Pure; a refusal changes nothing. */

export type Refund = {
  readonly id: string;
  readonly amount: number;
  readonly status: 'succeeded' | 'pending' | 'voided';
  /** When a pending refund settles, in milliseconds since the epoch. */
  readonly settlesAt?: number;
};

/** Why the bank said no. */
export type Decline = {
  readonly code: string;
  readonly message: string;
  /** ISO 8583 response code of the network. */
  readonly networkDeclineCode: string;
  /** Mastercard merchant advice code: 01 new data, 02 later, 03 never again. */
  readonly networkAdviceCode: string;
};

export type Payment = {
  readonly id: string;
  readonly attemptId: string;
  readonly status: 'requires_action' | 'processing' | 'open' | 'closed' | 'voided' | 'reversed' | 'failed';
  readonly currency: string;
  readonly capture: 'automatic' | 'once' | 'multiple';
  /** All amounts in the minor unit. */
  readonly authorized: number;
  readonly captured: number;
  readonly refunds: readonly Refund[];
  readonly last4: string;
  readonly mandateId?: string;
  readonly settlesAt?: number;
  /** Of a payment that failed. */
  readonly decline?: Decline;
};

/** The processor's own refusal: an answer, and never an exception. */
export type Refusal = { readonly refused: { readonly code: string; readonly message: string } };

export const refuse = (code: string, message: string): Refusal => ({ refused: { code, message } });

export function isRefusal(result: object): result is Refusal {
  return 'refused' in result;
}

/** The bank agreed: what is captured automatically is charged at once. */
export function approve(payment: Payment): Payment {
  const isCharged = payment.capture === 'automatic';
  return {
    ...payment,
    status: isCharged ? 'closed' : 'open',
    captured: isCharged ? payment.authorized : 0,
    settlesAt: undefined,
  };
}

/** A processing payment settles with time; until then it is the same object. */
export function settle(payment: Payment, now: number): Payment {
  const isRefundDue = ({ status, settlesAt = 0 }: Refund) => status === 'pending' && settlesAt <= now;
  const settled = payment.refunds.some(isRefundDue)
    ? {
        ...payment,
        refunds: payment.refunds.map((refund) =>
          isRefundDue(refund) ? { ...refund, status: 'succeeded' as const } : refund,
        ),
      }
    : payment;
  return settled.status === 'processing' && (settled.settlesAt ?? 0) <= now ? approve(settled) : settled;
}

/** Amounts of another currency are no amounts of this payment. */
export function inCurrency(
  payment: Payment,
  currency: string | undefined,
  step: (payment: Payment) => Payment | Refusal,
): Payment | Refusal {
  if (currency === undefined || currency === payment.currency) return step(payment);
  return refuse('currency_mismatch', `Payment ${payment.id} is in ${payment.currency}, not in ${currency}`);
}

export function capture(payment: Payment, amount: number): Payment | Refusal {
  if (payment.status !== 'open') return illegal(payment, 'captured');
  if (amount <= 0) return refuse('amount_too_small', 'A capture needs an amount above zero');
  const remaining = payment.authorized - payment.captured;
  if (amount > remaining)
    return refuse(
      'amount_too_large',
      `Only ${remaining} of ${payment.authorized} can still be captured, not ${amount}`,
    );
  const captured = payment.captured + amount;
  const isDone = payment.capture !== 'multiple' || captured === payment.authorized;
  return { ...payment, captured, status: isDone ? 'closed' : 'open' };
}

export function voidAuthorization(payment: Payment): Payment | Refusal {
  const isUncaptured =
    payment.captured === 0 && ['open', 'requires_action', 'processing'].includes(payment.status);
  return isUncaptured ? { ...payment, status: 'voided' } : illegal(payment, 'voided');
}

export function reverse(payment: Payment): Payment | Refusal {
  if (payment.captured === 0 || !['open', 'closed'].includes(payment.status))
    return illegal(payment, 'reversed');
  if (refunded(payment) > 0) return refuse('already_refunded', 'A payment with refunds cannot be reversed');
  return { ...payment, status: 'reversed' };
}

/** @param amount the new total, not the difference */
export function increment(payment: Payment, amount: number): Payment | Refusal {
  if (payment.status !== 'open') return illegal(payment, 'incremented');
  if (amount <= payment.authorized)
    return refuse('amount_too_small', `${amount} does not raise the authorization of ${payment.authorized}`);
  return { ...payment, authorized: amount };
}

export function addRefund(payment: Payment, refund: Refund): Payment | Refusal {
  if (payment.captured === 0 || !['open', 'closed'].includes(payment.status))
    return illegal(payment, 'refunded');
  if (refund.amount <= 0) return refuse('amount_too_small', 'A refund needs an amount above zero');
  const left = payment.captured - refunded(payment);
  if (refund.amount > left)
    return refuse(
      'charge_already_refunded',
      `Only ${left} of ${payment.captured} can still be refunded, not ${refund.amount}`,
    );
  return { ...payment, refunds: [...payment.refunds, refund] };
}

export function voidRefund(payment: Payment, refundId: string): Payment | Refusal {
  const refund = payment.refunds.find(({ id }) => id === refundId);
  if (refund === undefined) return refuse('resource_missing', `There is no refund ${refundId}`);
  if (refund.status !== 'pending')
    return refuse('refund_not_cancelable', `Refund ${refundId} is ${refund.status}`);
  const refunds = payment.refunds.map((one) =>
    one === refund ? { ...one, status: 'voided' as const } : one,
  );
  return { ...payment, refunds };
}

/** Given back or about to be, in minor units. */
export function refunded(payment: Payment): number {
  return payment.refunds.reduce((sum, { amount, status }) => (status === 'voided' ? sum : sum + amount), 0);
}

/** The UCS PaymentStatus of a payment. */
export function attemptStatus(payment: Payment): string {
  switch (payment.status) {
    case 'requires_action':
      return 'AUTHENTICATION_PENDING';
    case 'processing':
      return 'PENDING';
    case 'voided':
      return 'VOIDED';
    case 'reversed':
      return 'VOIDED_POST_CAPTURE';
    case 'failed':
      return 'FAILURE';
    case 'open':
      return payment.captured === 0 ? 'AUTHORIZED' : 'PARTIAL_CHARGED_AND_CHARGEABLE';
    case 'closed':
      return payment.captured === payment.authorized ? 'CHARGED' : 'PARTIAL_CHARGED';
  }
}

function illegal(payment: Payment, participle: string): Refusal {
  const state = attemptStatus(payment).toLowerCase();
  return refuse('payment_unexpected_state', `Payment ${payment.id} is ${state} and cannot be ${participle}`);
}
