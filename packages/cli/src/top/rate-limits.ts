/** The rules of the rate limits, in a line: the most used first. */
import { count, percent } from '../output/numbers.js';
import type { Named } from './section.js';
import type { Sight } from './sight.js';
import type { Segment } from './text-line.js';

/** From here on a rule is about to turn calls away, or does. */
const NEARLY_USED_UP = 0.9;

/** None where there are no rules. */
export function rateLimitsOf({ breakers }: Sight, named: Named): string[] {
  const rules = [...(breakers?.rate_limits ?? [])].sort(
    (a, b) => b.used - a.used || b.turned_away - a.turned_away,
  );
  if (rules.length === 0) return [];
  const segments = rules.flatMap(({ rule, used, turned_away }, index): Segment[] => [
    index === 0 ? '' : '  ',
    `${rule} `,
    used < NEARLY_USED_UP ? percent(used) : [percent(used), 'yellow'],
    turned_away === 0 ? '' : [`, ${count(turned_away)} turned away`, 'dim'],
  ]);
  return [named('limits', ...segments)];
}
