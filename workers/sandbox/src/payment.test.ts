import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addRefund,
  approve,
  attemptStatus,
  capture,
  increment,
  isRefusal,
  type Payment,
  refunded,
  reverse,
  settle,
  voidAuthorization,
  voidRefund,
} from './payment.js';

const payment = (changes: Partial<Payment> = {}): Payment => ({
  id: 'pay_1',
  attemptId: 'att_1',
  status: 'open',
  currency: 'EUR',
  capture: 'multiple',
  authorized: 1_000,
  captured: 0,
  refunds: [],
  last4: '4242',
  ...changes,
});

const amount = fc.integer({ min: -10, max: 2_000 });
const step: fc.Arbitrary<(payment: Payment, index: number) => ReturnType<typeof capture>> = fc.oneof(
  amount.map((value) => (one: Payment) => capture(one, value)),
  amount.map((value) => (one: Payment) => increment(one, value)),
  fc.tuple(amount, fc.constantFrom('succeeded' as const, 'pending' as const)).map(
    ([value, status]) =>
      (one: Payment, index: number) =>
        addRefund(one, { id: `r${index}`, amount: value, status, settlesAt: 5 }),
  ),
  fc.nat(20).map((index) => (one: Payment) => voidRefund(one, `r${index}`)),
  fc.nat(20).map((now) => (one: Payment) => settle(one, now)),
  fc.constantFrom(voidAuthorization, reverse),
);
const start = fc.record({
  capture: fc.constantFrom('automatic' as const, 'once' as const, 'multiple' as const),
  status: fc.constantFrom('open' as const, 'processing' as const, 'requires_action' as const),
});

describe('a payment', () => {
  it('never has more captured than authorized or refunded than captured, whatever is asked of it', () => {
    fc.assert(
      fc.property(start, fc.array(step, { maxLength: 20 }), ({ capture: how, status }, steps) => {
        let now = payment({ capture: how, status });
        if (status === 'open') now = approve(now);
        steps.forEach((apply, index) => {
          const next = apply(now, index);
          if (isRefusal(next)) return;
          expect(next.captured).toBeLessThanOrEqual(next.authorized);
          expect(refunded(next)).toBeLessThanOrEqual(next.captured);
          if (now.status === 'voided') expect(next.captured).toBe(0);
          now = next;
        });
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ['captured', capture(payment({ status: 'voided' }), 1), 'Payment pay_1 is voided and cannot be captured'],
    [
      'voided',
      voidAuthorization(payment({ status: 'closed', captured: 1_000 })),
      'Payment pay_1 is charged and cannot be voided',
    ],
    [
      'refunded',
      addRefund(payment(), { id: 'r', amount: 1, status: 'succeeded' }),
      'Payment pay_1 is authorized and cannot be refunded',
    ],
    ['reversed', reverse(payment()), 'Payment pay_1 is authorized and cannot be reversed'],
    ['overcaptured', capture(payment(), 1_001), 'Only 1000 of 1000 can still be captured, not 1001'],
  ])('says why it cannot be %s', (_, result, message) => {
    expect(result).toMatchObject({ refused: { message } });
  });

  it('is partly charged until all of it is', () => {
    const partly = capture(payment(), 400) as Payment;
    expect(attemptStatus(partly)).toBe('PARTIAL_CHARGED_AND_CHARGEABLE');
    expect(attemptStatus(capture(partly, 600) as Payment)).toBe('CHARGED');
    expect(attemptStatus(capture(payment({ capture: 'once' }), 400) as Payment)).toBe('PARTIAL_CHARGED');
  });
});
