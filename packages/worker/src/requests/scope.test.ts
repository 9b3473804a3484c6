import { describe, expect, it } from 'vitest';
import { requestOf } from '../testing/scene.js';
import { scopeOf, webhookScope } from './scope.js';

describe('the subject of a request', () => {
  const scope = scopeOf('authorize', 'hyperswitch.payments.{merchant_id}.authorize');

  it('lets through what belongs on it', () => {
    expect(() => scope(requestOf('c', 'authorize'), 'hyperswitch.payments.m.authorize')).not.toThrow();
    const encoded = { ...requestOf('c', 'authorize'), merchant_id: 'a.b' };
    const request = { ...encoded, router_data: { ...encoded.router_data, merchant_id: 'a.b' } };
    expect(() => scope(request, 'hyperswitch.payments.a%2Eb.authorize')).not.toThrow();
  });

  it('does not let another operation or merchant be asked on it', () => {
    expect(() => scope(requestOf('c', 'refund'), 'hyperswitch.payments.m.authorize')).toThrow(
      'the body asks for refund on the subject of authorize',
    );
    expect(() => scope(requestOf('c', 'authorize'), 'hyperswitch.payments.other.authorize')).toThrow(
      'another merchant',
    );
    expect(() => scope(requestOf('c', 'authorize'), 'hyperswitch.payments.%FF.authorize')).toThrow(
      'another merchant',
    );
    const request = requestOf('c', 'authorize');
    const inside = { ...request, router_data: { ...request.router_data, merchant_id: 'other' } };
    expect(() => scope(inside, 'hyperswitch.payments.m.authorize')).toThrow('another merchant');
  });

  it('is not asked for a merchant that its template does not have', () => {
    expect(() => scopeOf('void', 'eu.void')(requestOf('c', 'void'), 'eu.void')).not.toThrow();
  });

  it('keeps payments out of the webhooks', () => {
    expect(() =>
      webhookScope(requestOf('c', 'parse_webhook'), 'hyperswitch.webhooks.m.stripe'),
    ).not.toThrow();
    expect(() => webhookScope(requestOf('c', 'refund'), 'hyperswitch.webhooks.m.stripe')).toThrow(
      'refund does not travel on the subject of webhooks',
    );
  });
});
