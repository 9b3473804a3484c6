/**
 * `npm run measure:new-worker -- [--language ts,python,go] [--json]`: how long it takes from an empty folder to a worker
 * that the conformance kit has found right. The command comes from packed packages, as a user has it, not from this
 * checkout; the project's own test is what its README says, with nothing set. Ends with 1 when a test is not green.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packInto } from './packages.mjs';
import { fail, say } from './run.mjs';
import { setup } from './setup.mjs';

const NPM_INSTALL = 'npm install --no-audit --no-fund --loglevel=error --prefer-offline';
/** For each language the commands of its README: what gets the libraries, and what builds and tests. */
const STEPS = {
  ts: { install: `${NPM_INSTALL} ../packages/*.tgz`, test: 'npm test' },
  python: {
    install:
      'python3 -m venv .venv && .venv/bin/pip install -q --disable-pip-version-check -r requirements.txt -r requirements-dev.txt',
    test: '.venv/bin/python generate_contract.py && .venv/bin/python -m unittest',
  },
  go: { install: 'go mod download', test: 'go generate && go test -count=1 ./...' },
};

const { values } = parseArgs({
  options: {
    language: { type: 'string', default: Object.keys(STEPS).join(',') },
    json: { type: 'boolean', default: false },
    /** Nothing is built: it is already. */
    built: { type: 'boolean', default: false },
  },
});
const languages = values.language.split(',');
for (const language of languages)
  if (!(language in STEPS)) fail(new Error(`${language} is not one of ${Object.keys(STEPS).join(', ')}`));

if (!values.built) await setup().catch(fail);
const home = mkdtempSync(join(tmpdir(), 'nats-bridge-measure-'));
try {
  const results = await measure();
  if (values.json) console.log(JSON.stringify(results));
  else console.table(results);
} catch (error) {
  process.exitCode = 1;
  process.stderr.write(`✗ ${error.message}\n`);
} finally {
  rmSync(home, { recursive: true, force: true });
}

async function measure() {
  await packInto(join(home, 'packages'));
  // npm takes the nearest folder with a package.json for its own.
  writeFileSync(join(home, 'package.json'), '{}\n');
  mkdirSync(join(home, 'tmp'));
  say('installing the command from its packages');
  const command_s = await timed(`${NPM_INSTALL} ./packages/*.tgz`, home);
  const results = [];
  for (const language of languages) {
    const name = `${language}-worker`;
    const { install, test } = STEPS[language];
    say(`${language}: writing, installing, testing`);
    const scaffold_s = await timed(`npx nats-bridge new worker --language ${language} --dir ${name}`, home);
    const install_s = await timed(install, join(home, name));
    const test_s = await timed(test, join(home, name));
    const left = processesOf(home);
    if (left.length > 0) throw new Error(`${language}: its test left running: ${left.join('; ')}`);
    const all_s = round(scaffold_s + install_s + test_s);
    results.push({ language, command_s, scaffold_s, install_s, test_s, all_s });
  }
  return results;
}

/** Seconds that a shell command took. @throws Error with what it printed */
function timed(command, cwd) {
  // The machine's own settings, and those of npm that runs this, are not a newcomer's.
  const own = Object.entries(process.env).filter(([name]) => !/^(NATS_|npm_|VIRTUAL_ENV)/i.test(name));
  const env = { ...Object.fromEntries(own), TMPDIR: join(home, 'tmp') };
  const startedAt = performance.now();
  const child = spawn('sh', ['-c', command], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      printed += chunk;
    });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(round((performance.now() - startedAt) / 1_000));
      else reject(new Error(`${command} ended with ${code}: ${printed}`));
    });
  });
}

/** Those whose command names the folder: bridges and their servers have their data there. */
function processesOf(folder) {
  const { stdout, error } = spawnSync('ps', ['-A', '-o', 'args='], { encoding: 'utf8' });
  if (error !== undefined) throw new Error(`what still runs cannot be seen: ps: ${error.message}`);
  return stdout.split('\n').filter((args) => args.includes(folder));
}

function round(seconds) {
  return Math.round(seconds * 10) / 10;
}
