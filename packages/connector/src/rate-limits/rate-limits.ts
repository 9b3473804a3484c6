/** The rules of `[nats_bridge.rate_limits]` at work: which one counts for a call, and what is left of its measure. */
import { oldestBeyond } from '@nats-bridge/protocol';
import {
  burstOf,
  DIMENSIONS,
  type Dimension,
  describeRule,
  isNamedBy,
  type RateLimitRule,
  type RateLimitsConfig,
} from '../config/rate-limits-config.js';
import {
  type BucketSize,
  fullBucket,
  stepBucket,
  type TokenBucket,
  tokensIn,
  waitMs,
} from './token-bucket.js';

/** What of a call a rule looks at. */
export type LimitedCall = Readonly<Record<Dimension, string>>;

/** `pass`: it may go in `waitMs`, and its token is taken. */
export type RateVerdict =
  | { readonly verdict: 'pass'; readonly waitMs: number }
  | { readonly verdict: 'turn_away'; readonly message: string };

/** A rule, and what it has done since the bridge was made. */
export type RateLimitUse = {
  /** Its name in the configuration. */
  readonly rule: string;
  readonly merchant: string;
  readonly operation: string;
  readonly connector: string;
  readonly requestsPerSecond: number;
  readonly burst: number;
  readonly maxWaitMs: number;
  readonly per: readonly Dimension[];
  /** Calls let through, those that waited among them. */
  readonly passed: number;
  readonly waited: number;
  readonly turnedAway: number;
  /** How much of its measure is used up now, 0 to 1: of whoever has the least left. */
  readonly used: number;
};

/** Calls of one measure. */
export type Taken = { readonly rule: string; readonly of: LimitedCall; readonly count: number };

export type RateLimits = {
  readonly hasRules: boolean;
  /** @param mayWaitMs what the deadline of the call leaves */
  take(call: LimitedCall, mayWaitMs: number): RateVerdict;
  use(): readonly RateLimitUse[];
  /** What passed here since this was last asked. */
  takeReport(): readonly Taken[];
  /** What passed at another bridge counts here as well. */
  takenElsewhere(taken: readonly Taken[]): void;
};

type Bucket = { readonly of: LimitedCall; state: TokenBucket; unreported: number };
type Rule = {
  readonly name: string;
  readonly config: RateLimitRule;
  readonly size: BucketSize;
  readonly buckets: Map<string, Bucket>;
  readonly message: string;
  passed: number;
  waited: number;
  turnedAway: number;
};

/** Of one rule, or a tenth more. A caller may name any merchant and connector: who is forgotten begins with a full measure. */
const MOST_BUCKETS = 10_000;

/** One bit each, the most specific highest. */
const RANK: Readonly<Record<Dimension, number>> = { merchant: 4, operation: 2, connector: 1 };

/** @param now milliseconds of a clock that never goes back */
export function createRateLimits(config: RateLimitsConfig, now = () => performance.now()): RateLimits {
  const rules = inOrder(config).map(([name, rule]) => ruleOf(name, rule));
  const byName = new Map(rules.map((rule) => [rule.name, rule]));
  const byCalls = new Map(rules.map((rule) => [callsKey(rankOf(rule.config), rule.config), rule]));
  const ranks = [...new Set(rules.map(({ config }) => rankOf(config)))];
  const ruleFor = (call: LimitedCall) => {
    for (const rank of ranks) {
      const rule = byCalls.get(callsKey(rank, call));
      if (rule !== undefined) return rule;
    }
    return undefined;
  };

  return {
    hasRules: rules.length > 0,
    take(call, mayWaitMs) {
      const rule = ruleFor(call);
      if (rule === undefined) return { verdict: 'pass', waitMs: 0 };
      const at = now();
      const bucket = bucketOf(rule, call, at);
      const wait = waitMs(bucket.state, at, rule.size);
      if (wait > Math.min(rule.config.max_wait_ms, mayWaitMs)) {
        rule.turnedAway++;
        return { verdict: 'turn_away', message: rule.message };
      }
      bucket.state = stepBucket(bucket.state, { type: 'call' }, at, rule.size);
      bucket.unreported++;
      rule.passed++;
      if (wait > 0) rule.waited++;
      return { verdict: 'pass', waitMs: wait };
    },
    use: () => rules.map((rule) => useOf(rule, now())),
    takeReport() {
      const taken: Taken[] = [];
      for (const { name, buckets } of rules)
        for (const bucket of buckets.values()) {
          if (bucket.unreported === 0) continue;
          taken.push({ rule: name, of: bucket.of, count: bucket.unreported });
          bucket.unreported = 0;
        }
      return taken;
    },
    takenElsewhere(taken) {
      const at = now();
      for (const { rule: name, of, count } of taken) {
        const rule = byName.get(name); // the other bridge may be configured otherwise
        if (rule === undefined) continue;
        const bucket = bucketOf(rule, of, at);
        bucket.state = stepBucket(bucket.state, { type: 'taken_elsewhere', count }, at, rule.size);
      }
    },
  };
}

/** The rules for people, the most specific first, such as `acme: refund, merchant acme: 5/s together, burst 10`. */
export function describeRateLimits(config: RateLimitsConfig): readonly string[] {
  return inOrder(config).map(([name, rule]) => `${name}: ${describeRule(rule)}`);
}

/** The most specific first; no two are for the same calls. */
function inOrder(config: RateLimitsConfig): [string, RateLimitRule][] {
  return Object.entries(config).toSorted(([, a], [, b]) => rankOf(b) - rankOf(a));
}

function ruleOf(name: string, config: RateLimitRule): Rule {
  return {
    name,
    config,
    size: { perSecond: config.requests_per_second, burst: burstOf(config) },
    buckets: new Map(),
    message: `Too many requests: nats_bridge.rate_limits.${name} allows ${describeRule(config)}`,
    passed: 0,
    waited: 0,
    turnedAway: 0,
  };
}

function rankOf(rule: RateLimitRule): number {
  return DIMENSIONS.reduce((rank, one) => rank + (isNamedBy(rule, one) ? RANK[one] : 0), 0);
}

/** The same for a call and for the rule of this rank that fits it: of what the rank names. */
function callsKey(rank: number, { merchant, operation, connector }: LimitedCall): string {
  const named = (one: Dimension, value: string) => ((rank & RANK[one]) === 0 ? '' : value);
  return `${rank}\n${named('merchant', merchant)}\n${named('operation', operation)}\n${named('connector', connector)}`;
}

function bucketOf(rule: Rule, call: LimitedCall, now: number): Bucket {
  const { buckets, config, size } = rule;
  const of = {
    merchant: config.per.includes('merchant') ? call.merchant : '',
    operation: config.per.includes('operation') ? call.operation : '',
    connector: config.per.includes('connector') ? call.connector : '',
  };
  const key = `${of.merchant}\n${of.operation}\n${of.connector}`;
  const known = buckets.get(key);
  if (known !== undefined) return known;
  makeRoom(buckets, size, now);
  const made = { of, state: fullBucket(size, now), unreported: 0 };
  buckets.set(key, made);
  return made;
}

/** A full one is as if it had never been; of the others the oldest go. Many at once: it looks at every one. */
function makeRoom(buckets: Map<string, Bucket>, size: BucketSize, now: number): void {
  const oldest = oldestBeyond(buckets, MOST_BUCKETS);
  if (oldest.length === 0) return;
  for (const [key, { state }] of buckets) if (tokensIn(state, now, size) >= size.burst) buckets.delete(key);
  for (const key of oldest) if (buckets.size > MOST_BUCKETS) buckets.delete(key);
}

function useOf({ name, config, size, buckets, passed, waited, turnedAway }: Rule, now: number): RateLimitUse {
  let least = size.burst;
  for (const { state } of buckets.values()) least = Math.min(least, tokensIn(state, now, size));
  return {
    rule: name,
    merchant: config.merchant,
    operation: config.operation,
    connector: config.connector,
    requestsPerSecond: size.perSecond,
    burst: size.burst,
    maxWaitMs: config.max_wait_ms,
    per: config.per,
    passed,
    waited,
    turnedAway,
    used: 1 - Math.max(0, least) / size.burst,
  };
}
