/** `npm run sim`: simulates many seeds, or replays one. */
import './time/virtual-time.js';
import { parseArgs } from 'node:util';
import { simulate } from './scenario/simulate.js';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '10000' },
    seed: { type: 'string' },
    trace: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const counts = new Map<string, number>();
const startedAt = performance.now();
let failed = 0;
const first = values.seed === undefined ? 1 : Number(values.seed);
const last = values.seed === undefined ? Number(values.seeds) : first;
for (let seed = first; seed <= last; seed++) {
  const result = await simulate(seed, { trace: values.trace });
  for (const [name, count] of result.counts) counts.set(name, (counts.get(name) ?? 0) + count);
  for (const line of result.trace) console.log(line);
  if (result.violations.length > 0) {
    failed++;
    if (failed <= 30)
      console.log(
        `seed ${seed}: ${result.violations.map(({ promise, what }) => `${promise} ${what}`).join('; ')}`,
      );
  }
}
console.log(
  Object.fromEntries([...counts].sort()),
  `${failed} failed of ${last - first + 1}`,
  `${Math.round(performance.now() - startedAt)} ms`,
);
