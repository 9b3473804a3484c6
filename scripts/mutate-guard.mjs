/**
 * `npm run mutate -- [--only <file>] [--json]`: takes the guard apart, one piece at a time, and sees whether a unit
 * test or a seed of the simulation notices. Works in a copy of the built programs; changes nothing in the tree.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { mutantsOf } from './mutants.mjs';
import { fail, ROOT, say } from './run.mjs';
import { build } from './setup.mjs';

const GUARD_TESTS = [
  'packages/worker/src/guard/guarded-run.test.ts',
  'packages/worker/src/guard/lease.test.ts',
];

/** What is taken apart, and the unit tests that are about it. */
const TARGETS = [
  { file: 'packages/protocol/src/life/guard.ts', tests: ['packages/protocol/src/life'] },
  { file: 'packages/protocol/src/life/withdrawal.ts', tests: ['packages/protocol/src/life'] },
  {
    file: 'packages/protocol/src/life/verdict.ts',
    tests: ['packages/protocol/src/life'],
    isSimulated: false,
  },
  { file: 'packages/protocol/src/life/record.ts', tests: ['packages/protocol/src/life'] },
  { file: 'packages/worker/src/guard/guarded-run.ts', tests: GUARD_TESTS },
  { file: 'packages/worker/src/guard/held-claim.ts', tests: GUARD_TESTS },
  { file: 'packages/connector/src/policies/settle-doubt.ts', tests: ['packages/connector/src/policies'] },
  { file: 'packages/connector/src/policies/keep-record.ts', tests: ['packages/connector/src/policies'] },
];
/** Enough for each rule to come up hundreds of times; a mutant that survives them gets the unit tests. */
const SEEDS = 600;
const LIMIT_MS = 120_000;

/** What vitest itself takes the types away with. */
const { transformWithOxc } = await import(
  pathToFileURL(createRequire(createRequire(import.meta.url).resolve('vitest')).resolve('vite')).href
);

const HELP = `npm run mutate -- [options]

  --only <file>  the files whose path holds this, of
                 ${TARGETS.map(({ file }) => file).join('\n                 ')}
  --json         the last line of standard output is one JSON object

About an hour on a small machine.`;

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(HELP);
  process.exit(0);
}

try {
  await build();
  const copy = copyTree();
  const results = [];
  try {
    for (const target of TARGETS.filter(({ file }) => file.includes(values.only ?? ''))) {
      const source = readFileSync(join(ROOT, target.file), 'utf8');
      for (const mutant of mutantsOf(source)) {
        if (!(await isProgram(mutant.mutated, target.file))) continue;
        const killedBy = await judge(copy, target, mutant);
        results.push({ file: target.file, line: mutant.line, what: mutant.what, killedBy });
        say(
          `${killedBy === undefined ? 'SURVIVED' : `killed by ${killedBy}`}  ${target.file}:${mutant.line}  ${mutant.what}`,
        );
      }
      writeFileSync(join(copy, target.file), source);
      await compile(copy, target.file);
    }
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
  report(results);
} catch (error) {
  fail(error);
}

/** @returns what noticed, a unit test or a seed; undefined when nothing did */
async function judge(copy, { file, tests, isSimulated = true }, { mutated }) {
  writeFileSync(join(copy, file), mutated);
  await compile(copy, file);
  const seeds = (count) => () =>
    runs(copy, ['sim/dist/main.js', '--seeds', String(count), '--until-failure']);
  // The quicker first: most of what is wrong shows in a second.
  const steps = [
    ['a seed', isSimulated ? seeds(100) : () => true],
    ['a unit test', () => runs(copy, ['node_modules/vitest/vitest.mjs', 'run', '--bail=1', ...tests])],
    ['a seed', isSimulated ? seeds(SEEDS) : () => true],
  ];
  for (const [name, passes] of steps) if (!(await passes())) return name;
  return undefined;
}

/** What a line's change breaks in two is no mutant. */
async function isProgram(source, file) {
  return transformWithOxc(source, file).then(
    () => true,
    () => false,
  );
}

/** Types are not looked at: what has none of its own sense may still run. */
async function compile(copy, file) {
  const { code } = await transformWithOxc(readFileSync(join(copy, file), 'utf8'), file);
  writeFileSync(join(copy, file.replace('/src/', '/dist/').replace(/\.ts$/, '.js')), code);
}

/** With all that it started: a mutant may turn for ever in a process of vitest's. */
async function runs(cwd, args) {
  const child = spawn(process.execPath, args, { cwd, stdio: 'ignore', detached: true });
  const ended = once(child, 'exit');
  const endAll = () => {
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // Nobody of it is left.
    }
  };
  const timer = setTimeout(endAll, LIMIT_MS);
  const [code] = await ended;
  clearTimeout(timer);
  endAll();
  return code === 0;
}

/** Sources and builds of the workspaces; everything else is shared. */
function copyTree() {
  const copy = mkdtempSync(join(tmpdir(), 'nats-bridge-mutate-'));
  for (const name of ['package.json', 'tsconfig.json', 'tsconfig.base.json', 'vitest.config.ts'])
    cpSync(join(ROOT, name), join(copy, name));
  const isOwn = (path) => !path.includes('node_modules');
  for (const name of ['packages', 'workers', 'test', 'bench', 'sim', 'scripts'])
    cpSync(join(ROOT, name), join(copy, name), { recursive: true, filter: isOwn, preserveTimestamps: true });
  mkdirSync(join(copy, 'node_modules/@nats-bridge'), { recursive: true });
  for (const name of readdirSync(join(ROOT, 'node_modules')))
    if (name !== '@nats-bridge')
      symlinkSync(join(ROOT, 'node_modules', name), join(copy, 'node_modules', name));
  for (const folder of ['packages', 'workers'])
    for (const { name } of readdirSync(join(copy, folder), { withFileTypes: true }).filter((entry) =>
      entry.isDirectory(),
    ))
      symlinkSync(join(copy, folder, name), join(copy, 'node_modules/@nats-bridge', name));
  for (const name of ['test', 'bench', 'sim'])
    symlinkSync(join(copy, name), join(copy, 'node_modules/@nats-bridge', name));
  return copy;
}

function report(results) {
  const survivors = results.filter(({ killedBy }) => killedBy === undefined);
  const score = results.length === 0 ? 1 : 1 - survivors.length / results.length;
  for (const { file, line, what } of survivors)
    console.log(`survived: ${relative('.', file)}:${line}  ${what}`);
  if (values.json) console.log(JSON.stringify({ mutants: results.length, survivors, score }));
  else
    console.log(
      `${results.length} mutants, ${results.length - survivors.length} killed: ${(100 * score).toFixed(1)} %`,
    );
}
