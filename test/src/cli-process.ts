/** The command line as processes: run to the end, or supervised like a worker that may crash. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from './worker-process.js';

const MAIN = join(ROOT, 'packages/cli/dist/main.js');

export type Finished = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

/** The environment without configuration of the machine that runs the tests. */
function environment(env: Readonly<Record<string, string>>) {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('NATS_BRIDGE'));
  return { ...Object.fromEntries(own), NO_COLOR: '1', ...env };
}

/** For who ends it himself. */
export function startCli(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  return spawn(process.execPath, [MAIN, ...args], { env: environment(env) });
}

export function runCli(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Finished> {
  const child = startCli(args, env);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** Starts a command and resolves when it has printed `readyText`; `restart` starts it again whenever it ends. */
export async function superviseCli(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  readyText: string,
) {
  let child: ChildProcess;
  let stopping = false;
  const exitCodes: (number | null)[] = [];
  let printed = '';
  await new Promise<void>((resolve, reject) => {
    const start = () => {
      child = spawn(process.execPath, [MAIN, ...args], { env: environment(env) });
      printed = '';
      const read = (chunk: Buffer) => {
        printed += chunk.toString();
        if (printed.includes(readyText)) resolve();
      };
      child.stdout?.on('data', read);
      child.stderr?.on('data', read);
      child.once('error', reject);
      child.once('exit', (code) => {
        if (stopping) return;
        exitCodes.push(code);
        if (exitCodes.length < 5) start();
        else reject(new Error(`it keeps ending: ${printed}`));
      });
    };
    start();
  });
  return {
    /** How it ended each time that nobody had asked it to. */
    exitCodes,
    /** Since it was started last. */
    printed: () => printed,
    /** Asks it to end, and gives its exit code. */
    async stop(): Promise<number | null> {
      stopping = true;
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
      const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      return ended;
    },
  };
}
