/** Runs a program of the set-up and fails with what it was, so that a newcomer sees which step did not work. */
import { spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** Standard output goes to standard error, which leaves the former to results. */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: ROOT, stdio: ['ignore', 2, 2], ...options });
    child.once('error', (cause) => reject(new Error(`${command} could not be started: ${cause.message}`)));
    child.once('exit', (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`${command} ${args.join(' ')} ended with ${signal ?? `code ${code}`}`));
    });
  });
}

/** Runs a program in the foreground until it ends, hands signals on, and gives its exit code. */
export function foreground(args, env = process.env) {
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: 'inherit', env });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  return new Promise((resolve) => child.once('exit', (code) => resolve(code ?? 1)));
}

/** Waits for all before it fails, so that nothing goes on behind what it says. @throws what the first of them threw */
export async function together(...steps) {
  const ends = await Promise.allSettled(steps);
  for (const { status, reason } of ends) if (status === 'rejected') throw reason;
  return ends.map(({ value }) => value);
}

export function say(text) {
  process.stderr.write(`… ${text}\n`);
}

/** The end of a script that did not work: one line, no stack. */
export function fail(error) {
  process.stderr.write(`✗ ${error.message}\n`);
  process.exit(1);
}
