import type { BridgeRequest, Operation } from '@nats-bridge/protocol';
import type { HandlerContext, HandlerResponse } from '@nats-bridge/worker';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { refunded } from '../payment.js';
import type { Sandbox } from '../sandbox.js';
import type { Store } from '../store.js';
import { allHandlers } from './all-handlers.js';
import type { PaymentRecord } from './payments.js';

/** The store's contract without a server: this test is about the handlers, and runs thousands of orders. */
function memory(): Store & { readonly entries: Map<string, unknown> } {
  const entries = new Map<string, unknown>();
  const keyOf = (kind: string, id: string) => `${kind}\n${id}`;
  return {
    entries,
    async read<T>(kind: string, id: string) {
      return entries.get(keyOf(kind, id)) as T | undefined;
    },
    async create<T>(kind: string, id: string, value: T) {
      const key = keyOf(kind, id);
      const isNew = !entries.has(key);
      if (isNew) entries.set(key, value);
      return { value: entries.get(key) as T, isNew };
    },
    async update<T, R>(kind: string, id: string, change: (value: T) => { value: T; result: R }) {
      const key = keyOf(kind, id);
      if (!entries.has(key)) return undefined;
      const { value, result } = change(entries.get(key) as T);
      entries.set(key, value);
      return result;
    },
  };
}

type Step = { readonly operation: Operation; readonly key: string; readonly amount: number };

const step: fc.Arbitrary<Step> = fc.record({
  operation: fc.constantFrom<Operation[]>(
    'authorize',
    'capture',
    'void',
    'reverse',
    'refund',
    'incremental_authorization',
    'sync',
  ),
  key: fc.constantFrom('1', '2', '3', '4'),
  amount: fc.integer({ min: -1, max: 1_500 }),
});
const start = fc.record({
  card: fc.constantFrom('4242424242424242', '4000000000000077', '4000000000003220', '4000000000000002'),
  capture_method: fc.constantFrom('AUTOMATIC', 'MANUAL', 'MANUAL_MULTIPLE'),
});

function requestOf({ operation, amount }: Step, card: string, capture_method: string): BridgeRequest {
  const money = { minor_amount: amount, currency: 'EUR' };
  return {
    operation,
    merchant_id: 'm',
    payment_id: 'p',
    router_data: {
      merchant_id: 'm',
      payment_id: 'p',
      attempt_id: 'att_1',
      connector: 'c',
      connector_auth_type: { auth_type: 'NoKey' },
      request: {
        capture_method,
        amount: operation === 'authorize' ? { ...money, minor_amount: 1_000 } : money,
        amount_to_capture: money,
        refund_amount: money,
        payment_method: { card: { card_number: card } },
      },
      test_mode: true,
    },
    metadata: {},
    correlation_id: 'c',
    timestamp: 1,
  };
}

describe('the handlers', () => {
  it('never take or give more than there is, and do nothing for a key they have answered', async () => {
    await fc.assert(
      fc.asyncProperty(start, fc.array(step, { maxLength: 25 }), async ({ card, capture_method }, steps) => {
        const store = memory();
        let clock = 0;
        const crash = () => {
          throw new Error('not asked for');
        };
        const sandbox: Sandbox = { store, now: () => clock, settleAfterMs: 5, slowMs: 0, crash };
        const handlers = allHandlers(sandbox);
        const answers = new Map<string, HandlerResponse>();
        const call = async (one: Step): Promise<HandlerResponse> => {
          const isAuthorize = one.operation === 'authorize';
          const idempotencyKey = `${one.operation}:${isAuthorize ? 'att_1' : one.key}`;
          const request = requestOf(one, card, capture_method);
          const processor = async <T>(run: () => T | Promise<T>) => run();
          const context = { operation: one.operation, idempotencyKey, processor } as HandlerContext;
          const answer = (await handlers[one.operation]?.(request, context)) as HandlerResponse;
          const isKnown = [...store.entries.keys()].some((key) => key.startsWith('payment\n'));
          if (one.operation !== 'sync' && isKnown) {
            const before = answers.get(idempotencyKey);
            if (before !== undefined) expect(answer).toEqual(before);
            answers.set(idempotencyKey, answer);
          }
          return answer;
        };
        let hasVoided = false;
        for (const one of steps) {
          clock++;
          const answer = await call(one);
          hasVoided ||= one.operation === 'void' && answer.status === 'success';
          for (const [key, entry] of store.entries) {
            if (!key.startsWith('payment\n')) continue;
            const { payment } = entry as PaymentRecord;
            expect(payment.captured).toBeLessThanOrEqual(payment.authorized);
            expect(refunded(payment)).toBeLessThanOrEqual(payment.captured);
            if (hasVoided) expect([payment.status, payment.captured]).toEqual(['voided', 0]);
          }
          const entries = JSON.stringify([...store.entries]);
          if (one.operation !== 'sync') await call(one);
          expect(JSON.stringify([...store.entries])).toBe(entries);
        }
      }),
      { numRuns: 500 },
    );
  });
});
