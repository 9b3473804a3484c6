import type { BridgeRequest } from '@nats-bridge/protocol';
import { describe, expect, it } from 'vitest';
import { stripeIdempotencyKey } from './stripe-idempotency-key.js';

const of = (merchant_id: string) => ({ merchant_id }) as BridgeRequest;

describe("Stripe's Idempotency-Key", () => {
  it('is the request’s own key, apart for each merchant and each step', () => {
    expect(stripeIdempotencyKey(of('m_1'), 'authorize:att_1')).toBe('m_1:authorize:att_1');
    expect(stripeIdempotencyKey(of('m_2'), 'authorize:att_1')).toBe('m_2:authorize:att_1');
    expect(stripeIdempotencyKey(of('m_1'), 'authorize:att_1', 'customer')).toBe(
      'm_1:authorize:att_1:customer',
    );
  });

  it.each(['x'.repeat(300), 'capture:ä', 'capture:a b'])(
    'stays within what Stripe and HTTP take: %s',
    (key) => {
      const given = stripeIdempotencyKey(of('m_1'), key);
      expect(given).toMatch(/^[0-9a-f]{64}$/);
      expect(stripeIdempotencyKey(of('m_1'), key)).toBe(given);
      expect(stripeIdempotencyKey(of('m_1'), key, 'customer')).not.toBe(given);
    },
  );
});
