/** A process of the fault run that is killed, frozen and started again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export type Part = {
  readonly pid: number;
  /** What its ready line said. */
  readonly ready: string;
  kill(): Promise<void>;
  start(): Promise<void>;
  signal(signal: NodeJS.Signals): void;
};

/** @param command run with node; `onExit` is told when it ends by itself, and it is then started again */
export async function startPart(
  command: readonly string[],
  env: Readonly<Record<string, string>>,
  readyLine: RegExp,
  onExit?: (code: number | null) => void,
): Promise<Part> {
  let child: ChildProcess;
  let ready = '';
  let isWanted = true;

  async function start(): Promise<void> {
    isWanted = true;
    const started = spawn(process.execPath, [...command], {
      env: { ...process.env, NO_COLOR: '1', ...env },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    child = started;
    started.once('exit', (code) => {
      if (!isWanted || child !== started) return;
      onExit?.(code);
      void start();
    });
    for await (const line of createInterface({ input: started.stdout as NodeJS.ReadableStream }))
      if (readyLine.test(line)) {
        ready = line;
        break;
      }
    started.stdout?.resume();
  }

  await start();
  return {
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
}
