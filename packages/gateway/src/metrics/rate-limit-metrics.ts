/** Metrics of the rate limits; the connector counts, and is read when scraped. */
import type { RateLimitUse } from '@nats-bridge/connector';
import { Counter, Gauge, type Registry } from 'prom-client';

export function createRateLimitMetrics(register: Registry, rateLimits: () => readonly RateLimitUse[]): void {
  const registers = [register];
  new Counter({
    name: 'nats_bridge_rate_limit_calls_total',
    help: 'Calls that a rule of nats_bridge.rate_limits counted for, by what became of them: passed, waited (for its turn, and passed), turned_away (RATE_LIMITED)',
    labelNames: ['rule', 'result'],
    registers,
    collect() {
      this.reset();
      for (const { rule, passed, waited, turnedAway } of rateLimits()) {
        this.inc({ rule, result: 'passed' }, passed - waited);
        this.inc({ rule, result: 'waited' }, waited);
        this.inc({ rule, result: 'turned_away' }, turnedAway);
      }
    },
  });
  new Gauge({
    name: 'nats_bridge_rate_limit_used_ratio',
    help: 'How much of the burst of a rule is used up, 0 to 1, of whoever has the least left',
    labelNames: ['rule'],
    registers,
    collect() {
      this.reset();
      for (const { rule, used } of rateLimits()) this.set({ rule }, used);
    },
  });
}
