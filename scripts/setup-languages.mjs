/** What the example workers and the tests of Stripe need: Python packages and the Go program, below .cache. Quick when they are there. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fail, ROOT, run, say } from './run.mjs';

const PYTHON_EXAMPLES = join(ROOT, 'workers/examples/python');
/** The second has localstripe, a Stripe server with a memory. */
const PYTHON_REQUIREMENTS = [
  join(PYTHON_EXAMPLES, 'requirements.txt'),
  join(ROOT, 'workers/stripe/requirements-test.txt'),
];
const GO_EXAMPLES = join(ROOT, 'workers/examples/go');
const PYTHON_HOME = join(ROOT, '.cache/python');
const GO_HOME = join(ROOT, '.cache/go');

/** Gives the interpreter and the folder of the built Go workers. @throws Error that says what to install by hand */
export async function setupLanguages() {
  // Tests make certificates with it.
  if (!works('openssl', ['version'])) await installPackages('openssl', ['openssl']);
  await setupPython();
  await setupGo();
  return { python: join(PYTHON_HOME, 'bin/python'), goBin: GO_HOME };
}

async function setupPython() {
  const wanted = digestOf(PYTHON_REQUIREMENTS);
  if (isDone(PYTHON_HOME, wanted) && works(join(PYTHON_HOME, 'bin/python'), ['--version'])) return;
  if (!works('python3', ['-c', 'import venv, ensurepip']))
    await installPackages('Python 3 with venv', ['python3', 'python3-venv']);
  say('setting up Python for the example workers and the tests (.cache/python)');
  rmSync(PYTHON_HOME, { recursive: true, force: true });
  await run('python3', ['-m', 'venv', PYTHON_HOME]);
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
  await run(join(PYTHON_HOME, 'bin/python'), [
    ...pip,
    ...PYTHON_REQUIREMENTS.flatMap((file) => ['-r', file]),
  ]);
  markDone(PYTHON_HOME, wanted);
}

async function setupGo() {
  const programs = readdirSync(GO_EXAMPLES, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
  const sources = programs.map((name) => join(GO_EXAMPLES, name, 'main.go'));
  const wanted = digestOf([join(GO_EXAMPLES, 'go.mod'), join(GO_EXAMPLES, 'go.sum'), ...sources]);
  if (isDone(GO_HOME, wanted) && programs.every((name) => existsSync(join(GO_HOME, name)))) return;
  if (!works('go', ['version'])) await installPackages('Go 1.23 or later', ['golang-go']);
  say('building the Go example workers (.cache/go)');
  mkdirSync(GO_HOME, { recursive: true });
  for (const name of programs)
    await run('go', ['build', '-o', join(GO_HOME, name), `./${name}`], { cwd: GO_EXAMPLES });
  markDone(GO_HOME, wanted);
}

async function installPackages(what, packages) {
  const byHand = `install it (Debian and Ubuntu: apt-get install ${packages.join(' ')}) and try again`;
  if (process.getuid?.() !== 0 || !works('apt-get', ['--version']))
    throw new Error(`${what} is missing: ${byHand}`);
  say(`installing ${packages.join(', ')} (apt-get)`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  try {
    await run('apt-get', ['update', '-qq'], { env });
    await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], { env });
  } catch (cause) {
    throw new Error(`${what} could not be installed (${cause.message}): ${byHand}`, { cause });
  }
}

function works(command, args) {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

function digestOf(files) {
  const hash = createHash('sha256');
  for (const file of files) hash.update(readFileSync(file));
  return hash.digest('hex');
}

function isDone(folder, digest) {
  const marker = join(folder, '.installed');
  return existsSync(marker) && readFileSync(marker, 'utf8') === digest;
}

function markDone(folder, digest) {
  writeFileSync(join(folder, '.installed'), digest);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await setupLanguages().catch(fail);
