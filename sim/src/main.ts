/** `npm run sim`: simulates many seeds, or replays one with its trace. */
import './time/virtual-time.js';
import { parseArgs } from 'node:util';
import type { Violation } from './check/promises.js';
import { belowFloor } from './run/floors.js';
import { runSeeds } from './run/run-seeds.js';
import { simulate } from './scenario/simulate.js';

const HELP = `npm run sim -- [options]

  --seeds <n>   how many seeds (10000)
  --from <n>    the first of them (1)
  --seed <n>    this one alone
  --trace       says all that happens, step by step; with --seed
  --until-failure  stops at the first seed that fails, and asks for no floors
  --json        the last line of standard output is one JSON object
`;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '10000' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    trace: { type: 'boolean', default: false },
    'until-failure': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) process.stdout.write(HELP);
else if (values.seed !== undefined) await replay(wholeNumber(values.seed));
else await runMany(wholeNumber(values.from), wholeNumber(values.seeds));

async function replay(seed: number): Promise<void> {
  const { trace, violations, counts, steps, simulatedMs } = await simulate(seed, { trace: values.trace });
  for (const line of trace) console.log(line);
  for (const violation of violations) console.log(describe(seed, violation));
  if (values.json)
    console.log(JSON.stringify({ seed, steps, simulatedMs, violations, counts: Object.fromEntries(counts) }));
  else if (violations.length === 0)
    console.log(`seed ${seed}: ✓ ${steps} steps, ${Math.round(simulatedMs / 1_000)} s of simulated time`);
  process.exitCode = violations.length === 0 ? 0 : 1;
}

async function runMany(from: number, seeds: number): Promise<void> {
  const startedAt = performance.now();
  let saidAt = 0;
  const totals = await runSeeds({
    from,
    seeds,
    untilFailure: values['until-failure'],
    onProgress: ({ seeds: done, failures }) => {
      if (performance.now() - saidAt < 1_000 && done < seeds) return;
      saidAt = performance.now();
      process.stderr.write(`\r… ${done} of ${seeds} seeds, ${failures.length} failed `);
    },
  });
  const seconds = (performance.now() - startedAt) / 1_000;
  process.stderr.write('\n');
  for (const { seed, violations } of totals.failures) {
    for (const violation of violations) console.log(describe(seed, violation));
    console.log(`  replay: npm run sim -- --seed ${seed} --trace`);
  }
  const missing = values['until-failure'] ? [] : belowFloor(totals.counts, seeds);
  const counts = Object.fromEntries(
    Object.entries(totals.counts).sort(([one], [other]) => (one < other ? -1 : 1)),
  );
  const ok = totals.failures.length === 0 && missing.length === 0;
  if (values.json) {
    const { steps, simulatedMs, failures } = totals;
    console.log(
      JSON.stringify({ ok, from, seeds, seconds, steps, simulatedMs, failures, tooSeldom: missing, counts }),
    );
  } else {
    for (const [name, count] of Object.entries(counts)) console.log(`${String(count).padStart(9)}  ${name}`);
    for (const line of missing) console.log(`too seldom: ${line}`);
    const simulated = `${Math.round(totals.simulatedMs / 3_600_000)} h of simulated time`;
    const seldom = missing.length > 0 ? `, ${missing.length} too seldom` : '';
    console.log(
      `${ok ? '✓' : '✗'} ${seeds} seeds, ${totals.failures.length} failed${seldom}; ${simulated} in ${seconds.toFixed(1)} s`,
    );
  }
  process.exitCode = ok ? 0 : 1;
}

function describe(seed: number, { promise, what }: Violation): string {
  return `seed ${seed}: ${promise} ${what}`;
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number > 0) return number;
  console.error(`${text} is not a whole number above 0\n${HELP}`);
  process.exit(2);
}
