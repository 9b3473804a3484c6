/** The `[nats_bridge.rate_limits.{rule}]` sections: how many calls each second may be sent, of whom and for what. */
import { MAX_ID_LENGTH, OPERATIONS } from '@nats-bridge/protocol';
import { z } from 'zod';

const ANY = '*';
const MOST_RULES = 1_000;
const MOST_PER_SECOND = 1_000_000;

/** What a rule may name, and what may have a measure of its own. */
export const DIMENSIONS = ['merchant', 'operation', 'connector'] as const;
export type Dimension = (typeof DIMENSIONS)[number];

const wrongId = { error: `must be an id of 1 to ${MAX_ID_LENGTH} characters, or *` };
const id = z
  .string(wrongId)
  .refine((text) => text.length > 0 && text.length <= MAX_ID_LENGTH, wrongId)
  .default(ANY);

const wrongPer = { error: `must be a list of ${DIMENSIONS.join(', ')}, each once at most; empty for none` };
const dimensions = z
  .array(z.enum(DIMENSIONS))
  .refine((named) => new Set(named).size === named.length, wrongPer);

const whole = (unit: string, min: number, max: number) =>
  z
    .int({ error: `must be a whole number of ${unit} from ${min} to ${max}` })
    .min(min)
    .max(max);

const ruleSchema = z.strictObject({
  /** Whose calls; `*`: everybody's. */
  merchant: id,
  operation: z.enum([ANY, ...OPERATIONS.map(({ operation }) => operation)]).default(ANY),
  /** As Hyperswitch names it. */
  connector: id,
  /** Calls each second. */
  requests_per_second: z
    .number({ error: `must be a number from 0.01 to ${MOST_PER_SECOND}` })
    .min(0.01)
    .max(MOST_PER_SECOND),
  /** Calls at once, after a pause. Left out: those of one second, one at least. */
  burst: whole('calls', 1, MOST_PER_SECOND).optional(),
  /** How long a call may wait for its turn, within its deadline; 0: it is turned away at once. */
  max_wait_ms: whole('milliseconds', 0, 10_000).default(0),
  /** What has a measure of its own each; what is not in it shares one. */
  per: z
    .union(
      [
        dimensions,
        z
          .string()
          .transform((list) =>
            list
              .split(',')
              .map((name) => name.trim())
              .filter((name) => name !== ''),
          )
          .pipe(dimensions),
      ],
      wrongPer,
    )
    .default(['merchant']),
});

export type RateLimitRule = z.output<typeof ruleSchema>;

const ruleName = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, {
  error: 'must be 1 to 64 letters, digits, _ or -',
});

export const rateLimitsSchema = z
  .record(ruleName, ruleSchema)
  .check(({ value: rules, issues }) => {
    const names = Object.keys(rules);
    if (names.length > MOST_RULES)
      issues.push({
        code: 'custom',
        input: names.length,
        path: [],
        message: `has ${names.length} rules; at most ${MOST_RULES} are allowed`,
      });
    const known = new Map<string, string>();
    for (const [name, { merchant, operation, connector }] of Object.entries(rules)) {
      const key = JSON.stringify([merchant, operation, connector]);
      const first = known.get(key);
      known.set(key, first ?? name);
      if (first === undefined) continue;
      issues.push({
        code: 'custom',
        input: rules[name],
        path: [name],
        message: `is for the same calls as rate_limits.${first}: name another merchant, operation or connector, or leave one of them out`,
      });
    }
  })
  .prefault({});

export type RateLimitsConfig = z.output<typeof rateLimitsSchema>;

/** Calls at once. */
export function burstOf({ burst, requests_per_second }: RateLimitRule): number {
  return burst ?? Math.max(1, Math.ceil(requests_per_second));
}

export function isNamedBy(rule: RateLimitRule, dimension: Dimension): boolean {
  return rule[dimension] !== ANY;
}

/** `refund, merchant m_1, at most 5 a second (burst 10)`, for people. */
export function describeRule(rule: RateLimitRule): string {
  const { merchant, operation, connector, requests_per_second, max_wait_ms, per } = rule;
  const of = [
    isNamedBy(rule, 'operation') ? operation : 'every operation',
    ...(isNamedBy(rule, 'merchant') ? [`merchant ${merchant}`] : []),
    ...(isNamedBy(rule, 'connector') ? [`connector ${connector}`] : []),
  ].join(', ');
  const each = per.filter((dimension) => !isNamedBy(rule, dimension));
  const shared = each.length === 0 ? 'together' : `for each ${each.join(' and ')}`;
  const wait = max_wait_ms === 0 ? '' : `, wait ${max_wait_ms} ms`;
  return `${of}: ${requests_per_second}/s ${shared}, burst ${burstOf(rule)}${wait}`;
}
