/** A worker as a process of its own, in any language; and the executions that it counted. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { until } from './until.js';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
export const PYTHON = join(ROOT, '.cache/python/bin/python');

/** The disciplined example workers: language, command, and what the ids of their transactions begin with. */
export const DISCIPLINED_WORKERS = [
  ['Python', [PYTHON, join(ROOT, 'workers/examples/python/disciplined_worker.py')], 'txn_python_'],
  ['Go', [join(ROOT, '.cache/go/disciplined')], 'txn_go_'],
] as const;

export type WorkerProcess = {
  readonly pid: number | undefined;
  /** Attempt ids, one for each time the processor was called. */
  executions(): string[];
  /** What it has printed so far. */
  printed(): string;
  /** For example SIGSTOP, which freezes it, and SIGCONT. */
  signal(signal: NodeJS.Signals): void;
  /** Asks it to end (SIGTERM), and gives its exit code. */
  terminate(): Promise<number | null>;
  /** Kills it where it stands. */
  stop(): Promise<void>;
};

/** Starts a worker and resolves when it prints that it is ready. @throws Error with what it printed, when it ends */
export async function startWorkerProcess(
  command: readonly [string, ...string[]],
  env: Readonly<Record<string, string>>,
  readyText = 'ready',
  cwd = ROOT,
): Promise<WorkerProcess> {
  const [program, ...args] = command;
  if (program.startsWith(ROOT) && !existsSync(program))
    throw new Error(`${program} is missing: run node scripts/setup-languages.mjs`);
  const file = join(mkdtempSync(join(tmpdir(), 'nats-bridge-executions-')), 'executions');
  const child = spawn(program, args, {
    cwd,
    env: { ...process.env, PYTHONUNBUFFERED: '1', EXECUTIONS_FILE: file, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => {
      printed += chunk.toString();
    });
  await untilPrinted(child, readyText);
  return {
    pid: child.pid,
    printed: () => printed,
    signal: (signal) => void child.kill(signal),
    terminate: () => end(child, 'SIGTERM'),
    executions: () => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : []),
    stop: async () => void (await end(child, 'SIGKILL')),
  };
}

/**
 * Starts a worker as the specification has it, which makes its own consumer. It says that it is ready when its
 * subscription is written, not when the server has it: only then is there somebody to send a payment to.
 */
export async function startSpecWorker(
  command: readonly [string, ...string[]],
  natsUrl: string,
): Promise<WorkerProcess> {
  const worker = await startWorkerProcess(command, { NATS_URL: natsUrl });
  const nats = await connect({ servers: natsUrl });
  try {
    const manager = await jetstreamManager(nats);
    await until('the worker to be bound to its consumer', async () => {
      const consumers = await manager.consumers.list('PAYMENTS').next();
      return consumers.some(({ push_bound }) => push_bound === true);
    });
  } finally {
    await nats.close();
  }
  return worker;
}

function untilPrinted(child: ChildProcess, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let printed = '';
    const read = (chunk: Buffer) => {
      printed += chunk.toString();
      if (printed.includes(text)) resolve();
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the worker ended with code ${code}: ${printed}`)));
  });
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  child.kill(signal);
  return ended;
}
