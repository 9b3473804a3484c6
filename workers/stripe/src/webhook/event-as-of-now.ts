/**
 * An event with its object as it is now: Stripe sends events late, again for days, and in no certain order, and what one
 * says of a payment that has gone on since must not take the place of that.
 */
import { Stripe } from 'stripe';
import { EXPANDED } from '../call/create-payment.js';
import { Refusal } from '../call/refusal.js';
import type { StripeOfRequest } from '../call/stripe-call.js';

type Look = {
  /** By these nothing changes any more. */
  readonly over: readonly string[];
  retrieve(stripe: Stripe, id: string): Promise<object>;
};

/** What is read of an event's object, whatever it is. */
type Named = { readonly id?: string; readonly object?: string; readonly status?: string };

/** By the kind of object. */
const LOOKS: Readonly<Record<string, Look>> = {
  payment_intent: {
    over: ['succeeded', 'canceled'],
    retrieve: (stripe, id) => stripe.paymentIntents.retrieve(id, EXPANDED),
  },
  setup_intent: {
    over: ['succeeded', 'canceled'],
    retrieve: (stripe, id) => stripe.setupIntents.retrieve(id),
  },
  // A refund that has succeeded may still fail, when the bank sends the money back.
  refund: { over: ['failed', 'canceled'], retrieve: (stripe, id) => stripe.refunds.retrieve(id) },
};

/** @returns undefined where Stripe does not say */
export async function eventAsOfNow(
  event: Stripe.Event,
  connect: () => StripeOfRequest,
): Promise<Stripe.Event | undefined> {
  const { id = '', object = '', status = '' } = (event.data?.object ?? {}) as Named;
  const look = Object.hasOwn(LOOKS, object) ? LOOKS[object] : undefined;
  if (look === undefined || look.over.includes(status)) return event;
  try {
    const { stripe, inTime } = connect();
    const now = await inTime(look.retrieve(stripe, id));
    return { ...event, data: { ...event.data, object: now } } as Stripe.Event;
  } catch (error) {
    if (error instanceof Stripe.errors.StripeError || error instanceof Refusal) return undefined;
    throw error;
  }
}
