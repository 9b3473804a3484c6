/** The process's own lines on standard error: JSON for programs, readable on a terminal; never waited for. */
import { createRequire } from 'node:module';
import type { LogLine } from './log-line.js';
import { type Paint, readableLine } from './readable-line.js';

/** `readable` for a terminal; it leaves out what ends well, call by call. */
export type LineStyle = 'json' | 'readable' | 'none';

export type ProcessLines = {
  write(batch: readonly LogLine[]): void;
  /** Lines that nobody took in time. */
  readonly dropped: number;
  close(): void;
};

const STDERR = 2;
/** Beyond it a reader of standard error is too slow, and lines are dropped. */
const MOST_BUFFERED_BYTES = 1_048_576;

export function createProcessLines(style: LineStyle, paint: Paint): ProcessLines {
  if (style === 'none') return { write: () => {}, dropped: 0, close: () => {} };
  if (style === 'readable')
    return {
      write(batch) {
        const shown = batch.filter(({ said }) => !isRoutine(said));
        for (const { time, said } of shown)
          process.stderr.write(`${readableLine({ time, ...said }, paint)}\n`);
      },
      dropped: 0,
      close: () => {},
    };
  let dropped = 0;
  // Loaded by who writes such lines: most processes do not, and their start is quicker for it.
  const pino = createRequire(import.meta.url)('pino') as typeof import('pino').default;
  const destination = pino.destination({
    dest: STDERR,
    sync: false,
    maxLength: MOST_BUFFERED_BYTES,
  });
  destination.on('drop', (lines: string) => {
    dropped += lines.split('\n').length - 1;
  });
  // Who reads it may be gone: that ends no payment.
  destination.on('error', () => {});
  return {
    // At once: a write for each line would cost as much as the line.
    write: (batch) => void destination.write(batch.map(({ json }) => json).join('')),
    get dropped() {
      return dropped;
    },
    close() {
      try {
        destination.flushSync();
      } catch {
        // nobody reads it any more
      }
    },
  };
}

/** What ends well, call by call. */
function isRoutine({ module, level }: LogLine['said']): boolean {
  return (module === 'calls' || module === 'worker') && level === 'info';
}
