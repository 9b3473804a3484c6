/** What a merchant's attempt looks like to the connector, for tests of access. */
import type { RouterData } from '@nats-bridge/protocol';

export function routerData(merchantId: string, attemptId: string): RouterData {
  return {
    merchant_id: merchantId,
    payment_id: `pay_of_${attemptId}`,
    attempt_id: attemptId,
    connector: 'imerchantsolutions',
    connector_auth_type: { auth_type: 'NoKey' },
    request: { amount: { minor_amount: 1_250, currency: 'EUR' }, capture_method: 'AUTOMATIC' },
    test_mode: true,
  };
}
