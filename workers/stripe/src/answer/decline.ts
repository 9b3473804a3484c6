/** Why Stripe or a bank said no, in the words of the contract. */
import type { BridgeResponse } from '@nats-bridge/protocol';
import type { Stripe } from 'stripe';
import { withoutSecrets } from '../call/without-secrets.js';

/** What an error of the API, an intent's last error and a charge's outcome have in common. */
export type Decline = {
  readonly code?: string | null;
  readonly type?: string | null;
  readonly message?: string | null;
  readonly decline_code?: string | null;
  readonly advice_code?: string | null;
  readonly network_decline_code?: string | null;
  readonly network_advice_code?: string | null;
};

/** @param apiKey masked wherever it should stand in the text */
export function errorOf(decline: Decline, apiKey = ''): NonNullable<BridgeResponse['error']> {
  const { decline_code, advice_code } = decline;
  const code = decline.code || decline.type || 'unknown_error';
  const message = withoutSecrets(decline.message || code, apiKey);
  const details = [
    ...(decline_code ? [`decline code ${decline_code}`] : []),
    ...(advice_code ? [`advice ${advice_code}`] : []),
  ];
  return {
    code,
    message,
    reason: details.length > 0 ? `${message} (${details.join(', ')})` : message,
    network_decline_code: decline.network_decline_code || undefined,
    network_advice_code: decline.network_advice_code || undefined,
    network_error_message: decline_code || advice_code || undefined,
  };
}

/** The network's codes stand in the outcome of the charge where the intent's own error lacks them. */
export function withOutcome(decline: Decline, outcome: Stripe.Charge.Outcome | null | undefined): Decline {
  return {
    ...decline,
    advice_code: decline.advice_code ?? outcome?.advice_code,
    network_decline_code: decline.network_decline_code ?? outcome?.network_decline_code,
    network_advice_code: decline.network_advice_code ?? outcome?.network_advice_code,
  };
}
