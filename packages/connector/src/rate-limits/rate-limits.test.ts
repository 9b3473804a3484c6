import { describe, expect, it, vi } from 'vitest';
import { bridgeConfigSchema } from '../config/bridge-config.js';
import type { RateLimitsConfig } from '../config/rate-limits-config.js';
import { createRateLimits, type LimitedCall } from './rate-limits.js';

/** How often the measure of another one was looked at. */
const looks = vi.hoisted(() => ({ count: 0 }));
vi.mock('./token-bucket.js', async (importOriginal) => {
  const original = await importOriginal<typeof import('./token-bucket.js')>();
  const tokensIn: typeof original.tokensIn = (...args) => {
    looks.count++;
    return original.tokensIn(...args);
  };
  return { ...original, tokensIn };
});

const CALL: LimitedCall = { merchant: 'acme', operation: 'refund', connector: 'stripe' };
type Rules = { [name: string]: Partial<RateLimitsConfig[string]> };

function limitsOf(rules: Rules) {
  const clock = { now: 0 };
  const { rate_limits } = bridgeConfigSchema.parse({ rate_limits: rules });
  return { clock, limits: createRateLimits(rate_limits, () => clock.now) };
}

describe('the rule that counts', () => {
  const named = { merchant: 'acme', operation: 'refund', connector: 'stripe' } as const;
  /** From the most specific to the least. */
  const ORDER = [
    ['merchant', 'operation', 'connector'],
    ['merchant', 'operation'],
    ['merchant', 'connector'],
    ['merchant'],
    ['operation', 'connector'],
    ['operation'],
    ['connector'],
    [],
  ] as const;
  const ruleOf = (dimensions: readonly (keyof typeof named)[]) => ({
    ...Object.fromEntries(dimensions.map((one) => [one, named[one]])),
    requests_per_second: 1,
  });

  it('names the merchant before the operation, and the operation before the connector', () => {
    for (let left = 0; left < ORDER.length; left++) {
      const rules = Object.fromEntries(
        ORDER.slice(left)
          .map((dimensions, index) => [`rule-${left + index}`, ruleOf(dimensions)] as const)
          .toReversed(),
      );
      const { limits } = limitsOf(rules);
      limits.take(CALL, 0);
      expect(limits.use().filter(({ passed }) => passed > 0)).toMatchObject([{ rule: `rule-${left}` }]);
    }
  });

  it('is for no other call than it says', () => {
    const { limits } = limitsOf({ one: { ...named, requests_per_second: 1 } });
    for (const other of [{ merchant: 'm' }, { operation: 'capture' }, { connector: 'adyen' }])
      expect(limits.take({ ...CALL, ...other }, 0)).toEqual({ verdict: 'pass', waitMs: 0 });
    expect(limits.use()).toMatchObject([{ passed: 0 }]);
  });
});

describe('measures', () => {
  const passing = (rules: Rules, calls: readonly Partial<LimitedCall>[]) => {
    const { limits } = limitsOf(rules);
    return calls.map((call) => limits.take({ ...CALL, ...call }, 0).verdict === 'pass');
  };

  it('are for each merchant, unless the rule says otherwise', () => {
    const calls = [{ merchant: 'a' }, { merchant: 'b' }, { merchant: 'a', operation: 'sync' }];
    expect(passing({ all: { requests_per_second: 1 } }, calls)).toEqual([true, true, false]);
    expect(passing({ all: { requests_per_second: 1, per: [] } }, calls)).toEqual([true, false, false]);
    expect(passing({ all: { requests_per_second: 1, per: ['operation'] } }, calls)).toEqual([
      true,
      false,
      true,
    ]);
  });

  it('fill again with time, and say how long a call waits for its turn within its deadline', () => {
    const { clock, limits } = limitsOf({ all: { requests_per_second: 2, burst: 1, max_wait_ms: 600 } });
    expect(limits.take(CALL, 1_000)).toEqual({ verdict: 'pass', waitMs: 0 });
    expect(limits.take(CALL, 499)).toMatchObject({ verdict: 'turn_away' });
    expect(limits.take(CALL, 1_000)).toEqual({ verdict: 'pass', waitMs: 500 });
    expect(limits.take(CALL, 1_000)).toMatchObject({ verdict: 'turn_away' });
    clock.now = 400;
    expect(limits.take(CALL, 1_000)).toEqual({ verdict: 'pass', waitMs: 600 });
    expect(limits.use()).toMatchObject([{ passed: 3, waited: 2, turnedAway: 2, used: 1 }]);
    clock.now = 60_000;
    expect(limits.use()).toMatchObject([{ used: 0 }]);
  });

  it('say which rule turned a call away, and what it allows', () => {
    const { limits } = limitsOf({ slow: { operation: 'refund', requests_per_second: 0.5 } });
    limits.take(CALL, 0);
    expect(limits.take(CALL, 0)).toEqual({
      verdict: 'turn_away',
      message:
        'Too many requests: nats_bridge.rate_limits.slow allows refund: 0.5/s for each merchant, burst 1',
    });
  });

  it('are bounded in number, and keep those that are in use', () => {
    const { clock, limits } = limitsOf({ all: { requests_per_second: 1 } });
    for (let merchant = 0; merchant < 10_000; merchant++)
      limits.take({ ...CALL, merchant: `m_${merchant}` }, 0);
    clock.now = 10_000;
    limits.take(CALL, 0);
    for (let merchant = 0; merchant < 5_000; merchant++)
      limits.take({ ...CALL, merchant: `n_${merchant}` }, 0);
    expect(limits.take(CALL, 0)).toMatchObject({ verdict: 'turn_away' });
  });

  it('cost a new one a handful of looks at others, however many are in use', () => {
    const { limits } = limitsOf({ all: { requests_per_second: 1 } });
    looks.count = 0;
    const merchants = 20_000;
    for (let merchant = 0; merchant < merchants; merchant++)
      limits.take({ ...CALL, merchant: `m_${merchant}` }, 0);
    expect(looks.count / merchants).toBeLessThan(12);
    const kept = limits.takeReport().map(({ of }) => of.merchant);
    expect(kept.length).toBeGreaterThanOrEqual(10_000);
    expect(kept.length).toBeLessThanOrEqual(11_001);
    // The youngest, without a gap.
    expect(kept).toEqual(Array.from(kept, (_, index) => `m_${merchants - kept.length + index}`));
  });

  it('count what passed at another bridge, and tell what passed here once', () => {
    const rules = { all: { requests_per_second: 1, burst: 3 } };
    const [one, other] = [
      limitsOf(rules).limits,
      limitsOf({ ...rules, more: { merchant: 'm', requests_per_second: 1 } }).limits,
    ];
    other.take(CALL, 0);
    other.take(CALL, 0);
    other.take({ ...CALL, merchant: 'm' }, 0);
    one.takenElsewhere(other.takeReport());
    expect(other.takeReport()).toEqual([]);
    expect(one.take(CALL, 0)).toMatchObject({ verdict: 'pass' });
    expect(one.take(CALL, 0)).toMatchObject({ verdict: 'turn_away' });
    expect(one.takeReport()).toEqual([
      { rule: 'all', of: { merchant: 'acme', operation: '', connector: '' }, count: 1 },
    ]);
  });
});
