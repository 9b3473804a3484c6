/** Parse webhook: what an event is about. No secret is known yet, so nothing of it is believed. */
import type { Handler } from '@nats-bridge/worker';
import { readEvent, UNREADABLE } from '../webhook/webhook-body.js';
import { meaningOf } from '../webhook/webhook-event.js';

export const parseWebhook: Handler = (request) => {
  const event = readEvent(request);
  if (event === undefined) return UNREADABLE;
  const { type, reference } = meaningOf(event);
  return { status: 'success', response: { event_type: type, ...(reference && { reference }) } };
};
