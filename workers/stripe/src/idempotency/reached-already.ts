/** Stripe refuses to do again what is done: where that was the wish, it is the answer. */
import { Stripe } from 'stripe';

/**
 * A capture whose answer was lost is asked for again under another key, and must not be reported as failed.
 *
 * @returns the intent in the state that was wished for, or undefined when it is in another
 */
export function reachedAlready(
  error: unknown,
  isReached: (intent: Stripe.PaymentIntent) => boolean,
): Stripe.PaymentIntent | undefined {
  if (!(error instanceof Stripe.errors.StripeError)) return undefined;
  if (error.code !== 'payment_intent_unexpected_state') return undefined;
  const intent = error.payment_intent as Stripe.PaymentIntent | undefined;
  return intent !== undefined && isReached(intent) ? intent : undefined;
}
