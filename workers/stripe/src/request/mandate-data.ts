/** How the customer agreed to be debited: bank debits need it at Stripe, cards do not. */
import type { BridgeRequest } from '@nats-bridge/protocol';
import type { Stripe } from 'stripe';
import { field, firstText, text } from './request-reader.js';

const DEBITS = new Set(['sepa_debit']);

export function mandateDataFor(
  request: BridgeRequest,
  type: string,
): Stripe.PaymentIntentCreateParams.MandateData | undefined {
  if (!DEBITS.has(type) || field(request, 'customer_acceptance') === undefined) return undefined;
  const accepted_at = Number(field(request, 'customer_acceptance', 'accepted_at')) || undefined;
  const online = ['customer_acceptance', 'online_mandate_details'];
  const ip_address = firstText(request, [...online, 'ip_address'], ['browser_info', 'ip_address']);
  const user_agent = text(request, ...online, 'user_agent') ?? text(request, 'browser_info', 'user_agent');
  const isOnline = text(request, 'customer_acceptance', 'acceptance_type') !== 'OFFLINE';
  return {
    customer_acceptance:
      isOnline && ip_address !== undefined && user_agent !== undefined
        ? { accepted_at, type: 'online', online: { ip_address, user_agent } }
        : { accepted_at, type: 'offline', offline: {} },
  };
}
