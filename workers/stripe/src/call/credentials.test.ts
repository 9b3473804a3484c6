import type { BridgeRequest } from '@nats-bridge/protocol';
import { describe, expect, it } from 'vitest';
import { apiKeyOf } from './credentials.js';

const of = (connector_auth_type: object) =>
  ({ router_data: { connector_auth_type } }) as unknown as BridgeRequest;

describe('the API key of a request', () => {
  it.each([
    [{ auth_type: 'HeaderKey', api_key: 'sk_test_1' }],
    [{ auth_type: 'BodyKey', api_key: 'sk_test_1', key1: 'x' }],
    [{ auth_type: 'ConnectorConfig', connector_config: { config: { Stripe: { api_key: 'sk_test_1' } } } }],
    [
      {
        auth_type: 'ConnectorConfig',
        connector_config: { config: { Stripe: { api_key: { value: 'sk_test_1' } } } },
      },
    ],
  ])('is found in %j', (auth) => {
    expect(apiKeyOf(of(auth))).toBe('sk_test_1');
  });

  it.each([[{ auth_type: 'NoKey' }], [{ auth_type: 'HeaderKey', api_key: '' }]])(
    'is missing in %j',
    (auth) => {
      expect(() => apiKeyOf(of(auth))).toThrow(/No Stripe API key/);
    },
  );
});
