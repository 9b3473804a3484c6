/** What the example workers and the tests need: Python packages and Go programs below .cache, types made of the contract. Quick when they are there. */
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installPackages, works } from './debian-packages.mjs';
import { fail, ROOT, run, say, together } from './run.mjs';
import { setupGoCommand } from './setup-go-command.mjs';

const PYTHON_EXAMPLES = join(ROOT, 'workers/examples/python');
/** The second has the generator of types, the third localstripe, a Stripe server with a memory. */
const PYTHON_REQUIREMENTS = [
  join(PYTHON_EXAMPLES, 'requirements.txt'),
  join(PYTHON_EXAMPLES, 'requirements-dev.txt'),
  join(ROOT, 'workers/stripe/requirements-test.txt'),
];
const GO_EXAMPLES = join(ROOT, 'workers/examples/go');
const PYTHON_HOME = join(ROOT, '.cache/python');
const GO_HOME = join(ROOT, '.cache/go');
const CONTRACT = join(ROOT, 'packages/protocol/generated/contract');
const SCHEMAS = ['request.schema.json', 'response.schema.json'];

/** Gives the interpreter and the folder of the built Go workers. @throws Error that says what to install by hand */
export async function setupLanguages() {
  // Tests make certificates with it.
  if (!works('openssl', ['version'])) await installPackages('openssl', ['openssl']);
  if (!works('python3', ['-c', 'import venv, ensurepip']))
    await installPackages('Python 3 with venv', ['python3', 'python3-venv']);
  await together(setupPython(), setupGo());
  return { python: join(PYTHON_HOME, 'bin/python'), goBin: GO_HOME };
}

async function setupPython() {
  const wanted = digestOf(PYTHON_REQUIREMENTS);
  if (!isDone(PYTHON_HOME, wanted) || !works(join(PYTHON_HOME, 'bin/python'), ['--version']))
    await installPython(wanted);
  const contract = join(PYTHON_EXAMPLES, 'contract');
  const schemas = copyContract(contract);
  const current = digestOf([...schemas, join(PYTHON_EXAMPLES, 'generate_contract.py')]);
  if (isDone(contract, current)) return;
  say('making Python types of the contract');
  await run(join(PYTHON_HOME, 'bin/python'), ['generate_contract.py'], { cwd: PYTHON_EXAMPLES });
  markDone(contract, current);
}

async function installPython(wanted) {
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
  const schemas = copyContract(join(GO_EXAMPLES, 'disciplined/contract'));
  const sources = programs.flatMap((name) => goFilesOf(join(GO_EXAMPLES, name))).concat(schemas);
  const wanted = digestOf([join(GO_EXAMPLES, 'go.mod'), join(GO_EXAMPLES, 'go.sum'), ...sources]);
  const built = [...programs, 'disciplined.test'].map((name) => join(GO_HOME, name));
  if (isDone(GO_HOME, wanted) && built.every((file) => existsSync(file))) return;
  const { command, env } = await setupGoCommand();
  say('building the Go example workers (.cache/go)');
  mkdirSync(GO_HOME, { recursive: true });
  const options = { cwd: GO_EXAMPLES, env };
  await run(command, ['generate', './...'], options);
  for (const name of programs) await run(command, ['build', '-o', join(GO_HOME, name), `./${name}`], options);
  await run(command, ['test', '-c', '-o', join(GO_HOME, 'disciplined.test'), './disciplined'], options);
  markDone(GO_HOME, wanted);
}

function goFilesOf(folder) {
  const names = readdirSync(folder).filter((name) => name.endsWith('.go'));
  return names.map((name) => join(folder, name));
}

/** Types are made of the schemas where they are used. @throws Error when there are none yet */
function copyContract(folder) {
  if (!existsSync(CONTRACT)) throw new Error(`${CONTRACT} is missing: npm run build makes it`);
  mkdirSync(folder, { recursive: true });
  return SCHEMAS.map((name) => {
    cpSync(join(CONTRACT, name), join(folder, name));
    return join(folder, name);
  });
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
