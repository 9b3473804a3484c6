/** An error of the contract as UCS's ErrorInfo, for the messages that travel inside a webhook's answer. */
import type { BridgeResponse } from '@nats-bridge/protocol';
import { present } from '../request/customer-details.js';

export function ucsError(error: NonNullable<BridgeResponse['error']>) {
  const network_details = present({
    advice_code: error.network_advice_code ?? undefined,
    decline_code: error.network_decline_code ?? undefined,
    error_message: error.network_error_message ?? undefined,
  });
  return {
    connector_details: present({
      code: error.code,
      message: error.message,
      reason: error.reason ?? undefined,
    }),
    ...(Object.keys(network_details).length > 0 && { issuer_details: { network_details } }),
  };
}
