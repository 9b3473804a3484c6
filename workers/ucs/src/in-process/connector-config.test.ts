import { decodeUcs } from '@nats-bridge/protocol';
import { describe, expect, it } from 'vitest';
import { prismOptions } from './connector-config.js';

const options = (metadata: Record<string, string>) =>
  decodeUcs('FfiOptions', prismOptions(metadata, 'sandbox'));
const config = (value: object) => ({ 'x-auth': 'body-key', 'x-connector-config': JSON.stringify(value) });

describe('the connector and its credentials', () => {
  it('are what Hyperswitch sends with every call', () => {
    expect(options(config({ config: { Stripe: { api_key: 'sk_1' } } }))).toEqual({
      environment: 'SANDBOX',
      connector_config: { stripe: { api_key: 'sk_1' } },
    });
    expect(options(config({ config: { Imerchantsolutions: { api_key: 'k', merchant_id: null } } }))).toEqual({
      environment: 'SANDBOX',
      connector_config: { imerchantsolutions: { api_key: 'k' } },
    });
  });

  it('are none for a webhook that is only read', () => {
    expect(options({ 'x-auth': 'NoKey', 'x-connector': 'stripe' })).toMatchObject({
      connector_config: { stripe: {} },
    });
  });

  it('name the environment', () => {
    const metadata = { 'x-auth': 'NoKey', 'x-connector': 'stripe' };
    expect(decodeUcs('FfiOptions', prismOptions(metadata, 'production'))).toMatchObject({
      environment: 'PRODUCTION',
    });
  });

  it.each([
    [{ 'x-auth': 'header-key', 'x-api-key': 'sk_live' }, 'metadata x-connector-config is missing'],
    [config({}), 'metadata x-connector-config has no {"config"'],
    [{ 'x-connector-config': 'null' }, 'metadata x-connector-config has no {"config"'],
    [config({ config: { Nobody: { api_key: 'sk_live' } } }), 'Prism 0.4.0 has no connector Nobody'],
    [config({ config: { Stripe: { secret: 'sk_live' } } }), 'is not what Prism takes'],
  ])('are refused by name, never shown: %j', (metadata, message) => {
    const refused = () => options(metadata as unknown as Record<string, string>);
    expect(refused).toThrow(message);
    expect(refused).not.toThrow('sk_live');
  });
});
