import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { gatewayConfigSchema } from '../gateway-config.js';
import { mayPostTo, secretFor, webhookOptionsSchema } from './webhook-options.js';

const options = (values: object) => webhookOptionsSchema.parse(values);

describe('the secret of an event', () => {
  const all = options({
    secret: 'of all',
    secrets: { m: 'of m', 'm.stripe': 'of m at stripe', number: 12_345 },
  });
  it.each([
    ['m', 'stripe', 'of m at stripe'],
    ['m', 'adyen', 'of m'],
    ['n', 'stripe', 'of all'],
    ['number', 'x', '12345'],
    ['constructor', 'x', 'of all'],
  ])('of merchant %s at %s is %j', (merchant, connector, secret) => {
    expect(secretFor(all, merchant, connector)?.reveal()).toBe(secret);
  });

  it('is none where none is set', () => {
    expect(secretFor(options({}), 'm', 'stripe')).toBeUndefined();
  });

  it('never prints', () => {
    const config = gatewayConfigSchema.parse({ webhooks: { secret: 'hush', secrets: { m: 'hush' } } });
    for (const text of [
      JSON.stringify(config),
      inspect(config, { depth: 9 }),
      String(config.webhooks.secret),
    ])
      expect(text).not.toContain('hush');
  });

  it('must not be empty', () => {
    expect(webhookOptionsSchema.safeParse({ secret: '' }).success).toBe(false);
  });
});

describe('a host', () => {
  it.each([
    [[], 'http://169.254.169.254/latest', true],
    [[], 'ftp://hyperswitch.example/', false],
    [['hyperswitch.example'], 'https://hyperswitch.example/webhooks', true],
    [['Hyperswitch.Example'], 'https://hyperswitch.example:8443/webhooks', true],
    [['hyperswitch.example:8443'], 'https://hyperswitch.example:8443/webhooks', true],
    [['hyperswitch.example:8443'], 'https://hyperswitch.example:9443/webhooks', false],
    [['hyperswitch.example'], 'https://evil.hyperswitch.example/', false],
    [['hyperswitch.example'], 'https://hyperswitch.example.evil/', false],
    [['hyperswitch.example'], 'https://hyperswitch.example@evil/', false],
    ['hyperswitch.example, other.example', 'https://other.example/', true],
    [['[::1]'], 'http://[::1]:8080/', true],
  ])('with %j allowed, %s is %s', (allowed_hosts, url, isAllowed) => {
    expect(mayPostTo(options({ allowed_hosts }), new URL(url))).toBe(isAllowed);
  });

  it.each([['https://a'], ['a b'], ['*']])('%j is no host name', (name) => {
    expect(webhookOptionsSchema.safeParse({ allowed_hosts: [name] }).success).toBe(false);
    expect(webhookOptionsSchema.safeParse({ allowed_hosts: name }).success).toBe(false);
  });
});
