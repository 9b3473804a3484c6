/** `npm run bench`: floors, library and whole way side by side in one run. */
import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CASE_NAMES, CASES, type CaseName } from './cases.js';
import { type MemoryRun, runMemory } from './memory-run.js';
import type { Size } from './payment.js';
import {
  CONDITIONS,
  limitLines,
  type PeakUsage,
  ratiosBySize,
  reportOf,
  settingLines,
  TABLE_HEAD,
  writesLines,
} from './report.js';
import { joinRounds, type Plan, type Results, runRounds } from './rounds.js';
import { type Scene, startScene } from './scene.js';
import { topCosts } from './top-costs.js';

const HELP = `npm run bench -- [options]

  --json            the last line of standard output is one JSON object
  --quick           a smoke run: one short round, 1 KiB, 1 and 64 in flight
  --memory          only 200,000 payments through the whole way, with the memory of each process
  --payments <n>    payments of --memory (200000)
  --rounds <n>      rounds of every case (3)
  --starts <n>      the same with new processes, each time again; ratios and figures are of all rounds (1)
  --seconds <n>     length of a round (2)
  --only <cases>    of ${CASE_NAMES.join(',')}
  --sizes <sizes>   of 1KiB,8KiB
  --in-flight <n>   of 1,64,256
  --profile <dir>   write a CPU profile of every process there, and show what costs most`;

const { values } = parseArgs({
  options: {
    json: { type: 'boolean' },
    quick: { type: 'boolean' },
    memory: { type: 'boolean' },
    payments: { type: 'string', default: '200000' },
    rounds: { type: 'string' },
    starts: { type: 'string', default: '1' },
    seconds: { type: 'string' },
    only: { type: 'string' },
    sizes: { type: 'string' },
    'in-flight': { type: 'string' },
    profile: { type: 'string' },
    help: { type: 'boolean' },
  },
});

function plan(): Plan {
  const { quick = false } = values;
  const cases = values.only === undefined ? CASE_NAMES : (values.only.split(',') as CaseName[]);
  const unknown = cases.filter((name) => !CASE_NAMES.includes(name));
  if (unknown.length > 0) throw new Error(`no case is called ${unknown.join(', ')}; see --help`);
  return {
    sizes: (values.sizes ?? (quick ? '1KiB' : '1KiB,8KiB')).split(',') as Size[],
    inFlights: (values['in-flight'] ?? (quick ? '1,64' : '1,64,256')).split(',').map(Number),
    rounds: Number(values.rounds ?? (quick ? 1 : 3)),
    roundMs: 1_000 * Number(values.seconds ?? (quick ? 0.3 : 2)),
    warmUpPayments: quick ? 300 : 20_000,
    cases: values.memory ? ['whole'] : cases,
  };
}

async function main(): Promise<void> {
  const wanted = plan();
  const { profile } = values;
  if (profile !== undefined) mkdirSync(profile, { recursive: true });
  for (const condition of CONDITIONS) progress(`· ${condition}`);
  const starts: Started[] = [];
  for (let start = 0; start < Number(values.starts); start++) starts.push(await runOnce(wanted));
  const results = joinRounds(starts.map((started) => started.results));
  const last = starts.at(-1);
  const report = reportOf(results, last?.usage ?? {}, last?.memory);
  if (!values.memory) {
    const parts = [limitLines(results, availableParallelism()), writesLines(results), ratiosBySize(report)];
    progress(parts.filter((part) => part !== '').join('\n\n'));
  }
  if (values.json) process.stdout.write(`${JSON.stringify(report)}\n`);
  if (profile !== undefined) showCosts(profile, wanted.cases);
}

type Started = {
  readonly results: Results;
  readonly usage: PeakUsage;
  readonly memory?: MemoryRun | undefined;
};

/** With processes of its own: the machine code that V8 makes of one differs by a tenth from the next. */
async function runOnce(wanted: Plan): Promise<Started> {
  const scenes = new Map<CaseName, Scene>();
  try {
    for (const name of wanted.cases) scenes.set(name, await startScene(name, values.profile));
    const memory = values.memory ? await memoryOf(scenes) : undefined;
    if (!values.memory) progress(`\n${TABLE_HEAD}`);
    const results = values.memory
      ? []
      : await runRounds(wanted, scenes, (setting, rounds) => progress(settingLines(setting, rounds)));
    const usage = Object.fromEntries(
      await Promise.all([...scenes].map(async ([name, scene]) => [name, await scene.usage()] as const)),
    );
    return { results, usage, memory };
  } finally {
    for (const scene of scenes.values()) await scene.close();
  }
}

async function memoryOf(scenes: ReadonlyMap<CaseName, Scene>) {
  const scene = scenes.get('whole');
  if (scene === undefined) throw new Error('the whole way is not there');
  const run = await runMemory(scene, Number(values.payments), (done, rssMiB) =>
    progress(
      `${String(done).padStart(7)} payments, MiB: ${Object.entries(rssMiB)
        .map(([name, mib]) => `${name} ${mib.toFixed(0)}`)
        .join(', ')}`,
    ),
  );
  for (const [name, { growth, peakMiB, heldMiB = [] }] of Object.entries(run.processes)) {
    const held = heldMiB.length > 0 ? `, held after full collections ${heldMiB.join(' and ')} MiB` : '';
    progress(`${name.padEnd(12)} last quarter ÷ second quarter ${growth}, peak ${peakMiB} MiB${held}`);
  }
  return run;
}

function showCosts(folder: string, cases: readonly CaseName[]): void {
  for (const name of cases)
    for (const role of ['client', ...Object.keys(CASES[name].services)]) {
      progress(`\n${name}/${role}: share of its own busy time`);
      for (const { where, percent } of topCosts(join(folder, `${name}-${role}.cpuprofile`)))
        progress(`  ${percent.toFixed(1).padStart(5)} %  ${where}`);
    }
}

function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}

if (values.help) process.stdout.write(`${HELP}\n`);
else await main();
