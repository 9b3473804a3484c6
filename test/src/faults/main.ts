/** `npm run faults`: real processes, real faults, and a book that cannot lie. */
import { parseArgs } from 'node:util';
import { GUARDS, isGuard } from './guards.js';
import { historyLines, reportLines, reportOf } from './report.js';
import { kindsOf, type RunResult, runOnce } from './run.js';

const HELP = `npm run faults -- [options]

  --payments <n>    payments of each seed (2000)
  --seed <n>        of the load, the faults and the crashes (1)
  --seeds <a-b>     several seeds, one after the other
  --cluster         three NATS servers that replicate, whose leaders are killed
  --backup          the second worker is a backup of the first
  --only <kinds>    of ${kindsOf(false).join(', ')};
                    with --cluster also kill_leader, kill_ledger_leader
  --without <guard> takes one guard off: a promise must be violated then
${Object.entries(GUARDS)
  .map(([name, what]) => `                    ${name.padEnd(10)} ${what}`)
  .join('\n')}
  --keep            leave the folder of the run: the logs of its parts, the processor's book, the streams
  --json            the last line is one JSON object`;

const { values } = parseArgs({
  options: {
    payments: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
    seeds: { type: 'string' },
    cluster: { type: 'boolean', default: false },
    backup: { type: 'boolean', default: false },
    only: { type: 'string' },
    without: { type: 'string' },
    keep: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

function seeds(): number[] {
  const [from = '', to = from] = (values.seeds ?? values.seed).split('-');
  return Array.from({ length: Number(to) - Number(from) + 1 }, (_, index) => Number(from) + index);
}

function refusal(): string | undefined {
  if (values.without !== undefined && !isGuard(values.without))
    return `--without: there is no guard "${values.without}", but ${Object.keys(GUARDS).join(', ')}`;
  const unknown = values.only?.split(',').filter((kind) => !kindsOf(values.cluster).includes(kind)) ?? [];
  if (unknown.length > 0) return `--only: there is no fault "${unknown.join(', ')}": see --help`;
  const numbers = [Number(values.payments), ...seeds()];
  return seeds().length > 0 && numbers.every(Number.isSafeInteger)
    ? undefined
    : '--payments, --seed and --seeds take whole numbers, as --seeds 1-20';
}

async function main(): Promise<number> {
  const refused = refusal();
  if (refused !== undefined) {
    console.error(refused);
    return 2;
  }
  const payments = Number(values.payments);
  const results: RunResult[] = [];
  for (const seed of seeds()) {
    const onProgress = (line: string) => process.stderr.write(`seed ${seed}: ${line}\n`);
    const without = values.without !== undefined && isGuard(values.without) ? values.without : undefined;
    const only = values.only?.split(',');
    const { cluster: isCluster, backup: hasBackup, keep } = values;
    const result = await runOnce({ seed, payments, only, without, isCluster, hasBackup, keep, onProgress });
    results.push(result);
    for (const [name, { violations }] of Object.entries(result.findings))
      for (const violation of violations.slice(0, 5))
        process.stderr.write(`${historyLines(name, violation, result)}\n`);
  }
  const report = reportOf(results, payments);
  process.stderr.write(`${reportLines(report)}\n`);
  if (values.json) console.log(JSON.stringify(report));
  return report.ok ? 0 : 1;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

if (values.help) console.log(HELP);
else process.exitCode = await main();
