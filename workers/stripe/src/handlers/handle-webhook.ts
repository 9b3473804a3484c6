/** Handle webhook: the signature is verified by Stripe's SDK, and only then is said what became of the event's object. */
import type { BridgeRequest } from '@nats-bridge/protocol';
import type { Handler } from '@nats-bridge/worker';
import { Stripe } from 'stripe';
import type { ConnectStripe } from '../call/stripe-call.js';
import { field, text } from '../request/request-reader.js';
import { eventAsOfNow } from '../webhook/event-as-of-now.js';
import { readEvent, UNREADABLE, webhookBody } from '../webhook/webhook-body.js';
import { meaningOf } from '../webhook/webhook-event.js';

/** Stripe's own bound: an older signature may be a recorded one that somebody sends again. */
const TOLERANCE_SECONDS = 300;

export function createHandleWebhook(connect: ConnectStripe): Handler {
  return async (request, context) => {
    const event = readEvent(request);
    if (event === undefined) return UNREADABLE;
    // What is not vouched for Hyperswitch asks about by itself.
    const vouched = isSigned(request)
      ? await eventAsOfNow(event, () => connect(request, context))
      : undefined;
    const { type, content, claim } = meaningOf(vouched ?? event);
    const event_content = vouched === undefined ? claim : content?.();
    return {
      status: 'success',
      response: {
        event_type: type,
        source_verified: vouched !== undefined,
        ...(event_content && { event_content }),
      },
    };
  };
}

/** While a secret is being replaced, Stripe's endpoint has two. */
function isSigned(request: BridgeRequest): boolean {
  const headers = (field(request, 'request_details', 'headers') ?? {}) as Record<string, string>;
  const signature = Object.entries(headers).find(([name]) => name.toLowerCase() === 'stripe-signature')?.[1];
  if (signature === undefined) return false;
  const secrets = ['secret', 'additional_secret'].map((name) => text(request, 'webhook_secrets', name));
  return secrets.some(
    (secret) => secret !== undefined && isSignedWith(webhookBody(request), signature, secret),
  );
}

function isSignedWith(body: Buffer, signature: string, secret: string): boolean {
  try {
    Stripe.webhooks.constructEvent(body, signature, secret, TOLERANCE_SECONDS);
    return true;
  } catch (error) {
    if (error instanceof Stripe.errors.StripeSignatureVerificationError) return false;
    throw error;
  }
}
