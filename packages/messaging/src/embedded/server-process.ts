/** One nats-server process: started, found ready by the ports file it writes, and ended. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { watch } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { EmbeddedServerError } from './embedded-server-error.js';
import { findOnPath } from './find-binary.js';

/** A store of many gigabytes takes a while to recover. */
const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 10_000;

export type ServerProcess = {
  readonly pid: number;
  readonly port: number;
  /** Of its HTTP monitoring. */
  readonly monitorUrl: string;
  end(signal: NodeJS.Signals): Promise<void>;
};

type SpawnOptions = {
  readonly binary: string;
  readonly configFile: string;
  readonly runDir: string;
  readonly logFile: string;
};

/** @throws EmbeddedServerError when the process ends or stays silent instead of becoming ready */
export async function spawnServer(options: SpawnOptions): Promise<ServerProcess> {
  const [program, args] = await commandLine(options);
  // In a process group of its own: Ctrl-C is for who uses it, and may still need it to finish.
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'], detached: true });
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    stderr = (stderr + chunk).slice(-8_000);
  });
  endWithParent(child);

  const ports = await readiness(child, options.runDir);
  if (ports === undefined) {
    await end(child, 'SIGKILL');
    throw new EmbeddedServerError('nats-server did not start', await logTail(options.logFile, stderr));
  }
  // The pipe must not keep this process alive; the server stays its child all the same.
  child.unref();
  (child.stderr as unknown as { unref(): void }).unref();
  return { pid: child.pid ?? 0, ...ports, end: (signal) => end(child, signal) };
}

const running = new Set<ChildProcess>();

/** One listener for all servers: Node warns of more than ten. */
function endWithParent(child: ChildProcess): void {
  if (running.size === 0) process.on('exit', killRunning);
  running.add(child);
  child.once('exit', () => {
    running.delete(child);
    if (running.size === 0) process.off('exit', killRunning);
  });
}

function killRunning(): void {
  for (const child of running) child.kill('SIGKILL');
}

/** On Linux the kernel ends the server when this process dies, even by SIGKILL. */
async function commandLine(options: SpawnOptions): Promise<[string, string[]]> {
  const args = ['-c', options.configFile];
  const setpriv =
    process.platform === 'linux' && isMainThread
      ? await findOnPath('setpriv', ['/usr/bin', process.env.PATH ?? ''].join(delimiter))
      : undefined;
  if (setpriv === undefined) return [options.binary, args];
  return [setpriv, ['--pdeathsig', 'SIGTERM', options.binary, ...args]];
}

type Ports = Pick<ServerProcess, 'port' | 'monitorUrl'>;

/** The ports, once the server has written them; undefined when it ended or took too long. */
async function readiness(child: ChildProcess, runDir: string): Promise<Ports | undefined> {
  const giveUp = new AbortController();
  const timer = setTimeout(() => giveUp.abort(), START_LIMIT_MS);
  child.once('exit', () => giveUp.abort());
  child.once('error', () => giveUp.abort());
  const watcher = watch(runDir);
  try {
    while (!giveUp.signal.aborted) {
      // Listen first, then look: a file written in between wakes us.
      const changed = once(watcher, 'change', { signal: giveUp.signal }).catch(() => undefined);
      const ports = await readPorts(runDir);
      if (ports !== undefined) return ports;
      await changed;
    }
    return undefined;
  } finally {
    clearTimeout(timer);
    watcher.close();
    giveUp.abort();
  }
}

async function readPorts(runDir: string): Promise<Ports | undefined> {
  const name = (await readdir(runDir)).find((file) => file.endsWith('.ports'));
  if (name === undefined) return undefined;
  try {
    const text = await readFile(join(runDir, name), 'utf8');
    const { nats, monitoring } = JSON.parse(text) as { nats?: string[]; monitoring?: string[] };
    return { port: Number(new URL(nats?.[0] ?? '').port), monitorUrl: monitoring?.[0] ?? '' };
  } catch {
    return undefined; // Half written: the next change completes it.
  }
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const exited = once(child, 'exit');
  child.ref();
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
  await exited;
  clearTimeout(timer);
}

async function logTail(logFile: string, stderr: string): Promise<string[]> {
  const log = await readFile(logFile, 'utf8').catch(() => '');
  return [...log.trim().split('\n').slice(-15), ...stderr.trim().split('\n').slice(-5)].filter(Boolean);
}
