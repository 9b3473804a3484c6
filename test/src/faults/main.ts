/** `npm run faults`: real processes, real faults, and a book that cannot lie. */
import { parseArgs } from 'node:util';
import { CRASHES, FAULTS } from './faults.js';
import { historyLines, reportLines, reportOf } from './report.js';
import { type RunResult, runOnce } from './run.js';

const HELP = `npm run faults -- [options]

  --payments <n>   payments of each seed (2000)
  --seed <n>       of the load, the faults and the crashes (1)
  --seeds <a-b>    several seeds, one after the other
  --only <kinds>   of ${[...Object.keys(FAULTS), ...CRASHES].join(', ')}
  --without <guard> lookup: handlers charge again without asking; fence: the processor takes an
                   earlier attempt after a later one has asked. P3 must be violated then
  --keep           leave the folder of the run
  --json           the last line is one JSON object`;

const { values } = parseArgs({
  options: {
    payments: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
    seeds: { type: 'string' },
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

if (values.help) console.log(HELP);
else {
  const payments = Number(values.payments);
  const results: RunResult[] = [];
  for (const seed of seeds()) {
    const onProgress = (line: string) => process.stderr.write(`seed ${seed}: ${line}\n`);
    const only = values.only?.split(',');
    const result = await runOnce({
      seed,
      payments,
      only,
      looks: values.without !== 'lookup',
      fences: values.without !== 'fence',
      keep: values.keep,
      onProgress,
    });
    results.push(result);
    for (const [name, { violations }] of Object.entries(result.findings))
      for (const violation of violations.slice(0, 5))
        process.stderr.write(`${historyLines(name, violation, result)}\n`);
  }
  const report = reportOf(results, payments);
  process.stderr.write(`${reportLines(report)}\n`);
  if (values.json) console.log(JSON.stringify(report));
  process.exitCode = report.ok ? 0 : 1;
}
