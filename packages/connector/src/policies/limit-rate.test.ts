import { describe, expect, it } from 'vitest';
import type { Send } from '../call/exchange.js';
import { rateLimitsSchema } from '../config/rate-limits-config.js';
import { createRateLimits } from '../rate-limits/rate-limits.js';
import { exchange, success } from '../testing/exchanges.js';
import { limitRate } from './limit-rate.js';

function limited(maxWaitMs: number, send: Send = async () => success) {
  const rules = { all: { requests_per_second: 10, burst: 1, max_wait_ms: maxWaitMs } };
  const limits = createRateLimits(rateLimitsSchema.parse(rules));
  return { limits, send: limitRate(limits)(send) };
}
const REFUSED = { code: 'RATE_LIMITED', phase: 'before_send' };
const soon = () => Date.now() + 10_000;

describe('limitRate', () => {
  it('adds nothing where there are no rules', () => {
    const send: Send = async () => success;
    expect(limitRate(createRateLimits({}))(send)).toBe(send);
  });

  it('sends nothing of what is above the limit, and says which rule it was', async () => {
    let sent = 0;
    const { send } = limited(0, async () => {
      sent++;
      return success;
    });
    await send(exchange({ deadlineAt: soon() }));
    const refused = send(exchange({ deadlineAt: soon() }));
    await expect(refused).rejects.toMatchObject({
      ...REFUSED,
      message: expect.stringContaining('rate_limits.all'),
    });
    expect(sent).toBe(1);
  });

  it('lets a call wait for its turn, but not beyond its deadline', async () => {
    const { send } = limited(1_000);
    await send(exchange({ deadlineAt: soon() }));
    await expect(send(exchange({ deadlineAt: Date.now() + 20 }))).rejects.toMatchObject(REFUSED);
    const begun = performance.now();
    expect(await send(exchange({ deadlineAt: soon() }))).toEqual(success);
    expect(performance.now() - begun).toBeGreaterThan(50);
  });

  it('does not send what was given up while it waited', async () => {
    let sent = 0;
    const { limits, send } = limited(10_000, async () => {
      sent++;
      return success;
    });
    const caller = new AbortController();
    const call = () => send(exchange({ deadlineAt: Date.now() + 60_000, signal: caller.signal }));
    await call();
    const waits = Array.from({ length: 9 }, call);
    caller.abort('gone');
    for (const end of await Promise.allSettled(waits))
      expect(end).toMatchObject({ reason: { code: 'CANCELLED', phase: 'before_send' } });
    expect(sent).toBe(1);
    expect(limits.use()).toMatchObject([{ waited: 9 }]);
  });
});
