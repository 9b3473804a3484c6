/** The event in the body of a webhook, as it came: nothing in it is proven yet. */
import type { BridgeRequest } from '@nats-bridge/protocol';
import type { Stripe } from 'stripe';
import { text } from '../request/request-reader.js';

/** The bytes that Stripe signed. */
export function webhookBody(request: BridgeRequest): Buffer {
  return Buffer.from(text(request, 'request_details', 'body') ?? '', 'base64');
}

/** undefined when it is not an event of Stripe. */
export function readEvent(request: BridgeRequest): Stripe.Event | undefined {
  try {
    const event = JSON.parse(webhookBody(request).toString('utf8')) as Partial<Stripe.Event> | null;
    const isEvent = event?.object === 'event' && typeof event.type === 'string';
    return isEvent ? (event as Stripe.Event) : undefined;
  } catch {
    return undefined;
  }
}

export const UNREADABLE = {
  status: 'failure',
  error: { code: 'webhook_unreadable', message: 'The body is not an event of Stripe' },
} as const;
