/** Handle webhook: the signature is verified by Stripe's SDK, and only then is said what the event says. */
import type { BridgeRequest } from '@nats-bridge/protocol';
import type { Handler } from '@nats-bridge/worker';
import { Stripe } from 'stripe';
import { field, text } from '../request-reader.js';
import { readEvent, UNREADABLE, webhookBody } from '../webhook-body.js';
import { meaningOf } from '../webhook-event.js';

/** Stripe's own bound: an older signature may be a recorded one that somebody sends again. */
const TOLERANCE_SECONDS = 300;

export const handleWebhook: Handler = (request) => {
  const event = readEvent(request);
  if (event === undefined) return UNREADABLE;
  const { type, content, claim } = meaningOf(event);
  const source_verified = isSigned(request);
  const event_content = source_verified ? content?.() : claim;
  return {
    status: 'success',
    response: { event_type: type, source_verified, ...(event_content && { event_content }) },
  };
};

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
