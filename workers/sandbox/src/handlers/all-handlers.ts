/** A handler for every operation, from the families they belong to. */
import type { Handlers } from '@nats-bridge/worker';
import type { Sandbox } from '../sandbox.js';
import { credentialHandlers } from './credentials.js';
import { disputeHandlers } from './disputes.js';
import { mandateHandlers } from './mandates.js';
import { paymentHandlers } from './payments.js';
import { payoutHandlers } from './payouts.js';
import { refundHandlers } from './refunds.js';
import { webhookHandlers } from './webhooks.js';

export function allHandlers(sandbox: Sandbox): Handlers {
  return {
    ...paymentHandlers(sandbox),
    ...mandateHandlers(sandbox),
    ...refundHandlers(sandbox),
    ...credentialHandlers(sandbox),
    ...payoutHandlers(sandbox),
    ...disputeHandlers(sandbox),
    ...webhookHandlers(),
  };
}
