/** A handler for every operation, from the families they belong to. */
import type { Handler, Handlers } from '@nats-bridge/worker';
import type { Sandbox } from '../sandbox.js';
import { credentialHandlers } from './credentials.js';
import { disputeHandlers } from './disputes.js';
import { mandateHandlers } from './mandates.js';
import { paymentHandlers } from './payments.js';
import { payoutHandlers } from './payouts.js';
import { refundHandlers } from './refunds.js';
import { webhookHandlers } from './webhooks.js';

export function allHandlers(sandbox: Sandbox): Handlers {
  const simulated = {
    ...paymentHandlers(sandbox),
    ...mandateHandlers(sandbox),
    ...refundHandlers(sandbox),
    ...credentialHandlers(sandbox),
    ...payoutHandlers(sandbox),
    ...disputeHandlers(sandbox),
  };
  const timed = Object.entries(simulated).map(([operation, handler]) => [operation, atProcessor(handler)]);
  return { ...Object.fromEntries(timed), ...webhookHandlers() };
}

/** What is simulated is the processor: the time is its. */
function atProcessor(handler: Handler): Handler {
  return (request, context) => context.processor(() => handler(request, context));
}
