/** Who reads what a command prints may have seen enough, as in `nats-bridge replay --json | head -1`: it ends quietly, with 0. */
import { mark } from './terminal.js';

/** As SIGTERM ends it, where it waits for one: what is under way is then finished. */
export function endWithReader({ stdout, stderr }: NodeJS.Process): void {
  stdout.once('error', ({ code, message }: NodeJS.ErrnoException) => {
    // Every further write says the same.
    stdout.on('error', () => {});
    // EIO: the terminal is closed.
    if (code !== 'EPIPE' && !(code === 'EIO' && stdout.isTTY)) {
      stderr.write(`${mark.failed(stderr)} standard output cannot be written: ${message}\n`);
      process.exit(1);
    }
    if (process.listenerCount('SIGTERM') > 0) process.emit('SIGTERM');
    else process.exit(0);
  });
  // What is only said along the way may be lost; payments go on.
  stderr.on('error', () => {});
}
