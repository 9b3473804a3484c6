/** `nats-bridge new worker`: in each language, what it writes builds, answers a payment and is red where it breaks the contract. */
import { execFile } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BridgeUnderTest, startBridge } from './bridge-under-test.js';
import { runCli } from './cli-process.js';
import { PYTHON, ROOT, startWorkerProcess } from './worker-process.js';

const execute = promisify(execFile);
const CLI = `${process.execPath} ${join(ROOT, 'packages/cli/dist/main.js')}`;

/** For a machine that has much else to do: Go compiles here. */
const LIMIT_MS = 300_000;

type Project = {
  readonly language: string;
  /** What installs and builds it; the packages are the workspace's. */
  readonly build: (folder: string) => Promise<void>;
  readonly start: readonly [string, ...string[]];
  /** Runs the project's own test. */
  readonly test: readonly [string, ...string[]];
};

const PROJECTS: readonly Project[] = [
  {
    language: 'ts',
    build: async (folder) => {
      symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
      await execute('npm', ['run', '--silent', 'build'], { cwd: folder });
    },
    start: [process.execPath, 'dist/worker.js'],
    test: [process.execPath, '--test', 'test/'],
  },
  {
    language: 'python',
    build: async (folder) => {
      await execute(PYTHON, ['generate_contract.py'], { cwd: folder });
    },
    start: [PYTHON, 'disciplined_worker.py'],
    test: [PYTHON, '-m', 'unittest'],
  },
  {
    language: 'go',
    build: async (folder) => {
      await execute('go', ['generate'], { cwd: folder });
      await execute('go', ['vet', './...'], { cwd: folder });
      await execute('go', ['build', '-o', 'worker', '.'], { cwd: folder });
      expect(
        (await execute('gofmt', ['-l', '.'], { cwd: folder })).stdout.replace('contract/contract.go\n', ''),
      ).toBe('');
    },
    start: ['./worker'],
    test: ['go', 'test', '-count=1', './...'],
  },
];

const folders: string[] = [];
const newFolder = () => {
  const folder = mkdtempSync(join(tmpdir(), 'nats-bridge-new-'));
  folders.push(folder);
  return folder;
};
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

describe.each(PROJECTS)(
  'a new worker in $language',
  { timeout: LIMIT_MS },
  ({ language, build, start, test }) => {
    let bridge: BridgeUnderTest;
    let folder: string;
    beforeAll(async () => {
      bridge = await startBridge();
      folder = join(newFolder(), 'acme-worker');
    });
    afterAll(() => bridge.close());

    it('is built, started and answers', async () => {
      const startedAt = performance.now();
      const written = await runCli(['new', 'worker', '--language', language, '--dir', folder]);
      expect(written).toMatchObject({ code: 0, stderr: '' });
      expect(written.stdout).toContain('acme-worker: a worker in ');
      await build(folder);
      const worker = await startWorkerProcess(start, { NATS_URL: bridge.url }, 'started', folder);
      try {
        expect(await bridge.authorize('att_1')).toMatchObject({
          status: 'CHARGED',
          connector_transaction_id: 'my_att_1',
          captured_amount: 1_250,
        });
        const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
        console.log(`${language}: ${seconds} s from nothing to a payment`);
        expect(await worker.terminate()).toBe(0);
      } finally {
        await worker.stop();
      }
    });

    it('bears its own name, and leaves what is generated out of git', () => {
      for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
        if (file.startsWith('node_modules') || !/\.(md|json|ts|py|go|mod|mjs)$/.test(file)) continue;
        expect(readFileSync(join(folder, file), 'utf8'), file).not.toMatch(/my-worker|nats-bridge\/examples/);
      }
      expect(readFileSync(join(folder, '.gitignore'), 'utf8')).toMatch(/^contract\//m);
    });

    // That its own test is green is in published-form.test.ts.
    it('has a test of its own, which is red when the kit finds something', async () => {
      await expect(runTest(`${process.execPath} ${findingCli()}`)).rejects.toThrow();
    });

    function runTest(cli: string) {
      const [program, ...args] = test;
      const PATH = `${process.env.PATH}${delimiter}${join(ROOT, 'node_modules/.bin')}`;
      return execute(program, args, { cwd: folder, env: { ...process.env, NATS_BRIDGE_CLI: cli, PATH } });
    }
  },
);

/** The command itself, but for `conformance`: that ends as if a rule were broken. */
function findingCli(): string {
  const file = join(newFolder(), 'cli.mjs');
  writeFileSync(
    file,
    `
import { spawn } from 'node:child_process';
const args = process.argv.slice(2);
if (args[0] === 'conformance') process.exit(1);
const [program, ...first] = ${JSON.stringify(CLI.split(' '))};
const child = spawn(program, [...first, ...args], { stdio: 'inherit' });
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => child.kill(signal));
child.once('exit', (code) => process.exit(code ?? 1));
`,
  );
  return file;
}

describe('nats-bridge new worker', { timeout: LIMIT_MS }, () => {
  it.each([
    ['a language it does not have', ['--language', 'rust'], 2, /Allowed choices are ts, python, go/],
    ['no language', [], 2, /--language <language>' not specified/],
  ])('refuses %s', async (_what, args, code, message) => {
    const refused = await runCli(['new', 'worker', ...args]);
    expect(refused.code).toBe(code);
    expect(refused.stderr).toMatch(message);
  });

  it('refuses a folder that holds anything, and a file, and writes nothing', async () => {
    const folder = newFolder();
    const file = join(folder, 'notes.txt');
    writeFileSync(file, 'mine');
    for (const [dir, message] of [
      [folder, /is not empty \(it holds notes\.txt\): name a folder with --dir/],
      [file, /notes\.txt is a file: name a folder with --dir/],
    ] as const) {
      const refused = await runCli(['new', 'worker', '--language', 'go', '--dir', dir]);
      expect(refused.code).toBe(1);
      expect(refused.stderr).toMatch(message);
    }
    expect(readdirSync(folder)).toEqual(['notes.txt']);
  });

  it('gives a list of what it wrote', async () => {
    const folder = join(newFolder(), 'Größe 7!');
    const { stdout } = await runCli(['new', 'worker', '--language', 'go', '--dir', folder, '--json']);
    const { name, files } = JSON.parse(stdout) as { name: string; files: string[] };
    expect(name).toBe('gr-e-7');
    for (const file of files) expect(existsSync(join(folder, file)), file).toBe(true);
  });
});
