/** A process of the fault run that is killed, frozen and started again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { createInterface } from 'node:readline';

export type Part = {
  readonly pid: number;
  /** What its ready line said. */
  readonly ready: string;
  kill(): Promise<void>;
  start(): Promise<void>;
  signal(signal: NodeJS.Signals): void;
};

/** None outlives the run, however that ends: one that is frozen would stay for ever. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/**
 * @param command run with node
 * @param log what it writes to standard error is added to this file
 * @param onExit told when it ends by itself; it is then started again
 * @param onLine told what it prints when it is ready
 */
export async function startPart(
  command: readonly string[],
  log: string,
  env: Readonly<Record<string, string>>,
  readyLine: RegExp,
  onExit?: (code: number | null) => void,
  onLine?: (line: string, part: Part) => void,
): Promise<Part> {
  const stderr = openSync(log, 'a');
  let child: ChildProcess;
  let ready = '';
  let isWanted = true;

  async function start(): Promise<void> {
    isWanted = true;
    const started = spawn(process.execPath, [...command], {
      env: { ...process.env, NO_COLOR: '1', ...env },
      stdio: ['ignore', 'pipe', stderr],
    });
    child = started;
    running.add(started);
    started.once('exit', (code) => {
      running.delete(started);
      if (!isWanted || child !== started) return;
      onExit?.(code);
      void start();
    });
    await new Promise<void>((resolve) => {
      const lines = createInterface({ input: started.stdout as NodeJS.ReadableStream });
      lines.once('close', resolve);
      lines.on('line', (line) => {
        if (!readyLine.test(line)) return onLine?.(line, part);
        ready = line;
        resolve();
      });
    });
  }

  const part: Part = {
    get pid() {
      return child.pid ?? 0;
    },
    get ready() {
      return ready;
    },
    start,
    signal: (signal) => void child.kill(signal),
    async kill() {
      isWanted = false;
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
  await start();
  return part;
}
