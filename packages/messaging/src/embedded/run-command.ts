/** Runs a program to its end and gives what it printed. */
import { spawn } from 'node:child_process';

/** What a finished program left. `status` is undefined when it could not be started at all. */
export type CommandResult = {
  readonly status: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
};

export type RunCommand = (
  program: string,
  args: readonly string[],
  options?: {
    readonly cwd?: string;
    readonly env?: Readonly<Record<string, string>>;
    readonly timeoutMs?: number;
  },
) => Promise<CommandResult>;

/** Never rejects: a program that is missing or fails is a result. Default limit: five minutes. */
export const runCommand: RunCommand = (program, args, options = {}) =>
  new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: options.timeoutMs ?? 300_000,
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      stdout += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      stderr += chunk;
    });
    child.on('error', (error) => resolve({ status: undefined, stdout, stderr: error.message }));
    child.on('close', (status) => resolve({ status: status ?? 1, stdout, stderr }));
  });
