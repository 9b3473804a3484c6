/** The process's own lines on standard error: JSON for programs, readable on a terminal; never waited for. */
import type { LogEntry } from '@nats-bridge/protocol';
import pino from 'pino';
import { type Paint, readableLine } from './readable-line.js';

/** `readable` for a terminal; it leaves out what ends well, call by call. */
export type LineStyle = 'json' | 'readable' | 'none';

export type ProcessLines = {
  /** @param line its JSON, with the line end */
  write(entry: LogEntry, line: Buffer): void;
  /** Lines that nobody took in time. */
  readonly dropped: number;
  close(): void;
};

const STDERR = 2;
/** So many are written at once, or what there is after so long: a write for each line would cost as much as the line. */
const WRITTEN_AT_ONCE_BYTES = 8_192;
const WRITTEN_AFTER_MS = 50;
/** Beyond it a reader of standard error is too slow, and lines are dropped. */
const MOST_BUFFERED_BYTES = 1_048_576;

export function createProcessLines(style: LineStyle, paint: Paint): ProcessLines {
  if (style === 'none') return { write: () => {}, dropped: 0, close: () => {} };
  if (style === 'readable')
    return {
      write(entry) {
        const isRoutine = (entry.module === 'calls' || entry.module === 'worker') && entry.level === 'info';
        if (!isRoutine) process.stderr.write(`${readableLine(entry, paint)}\n`);
      },
      dropped: 0,
      close: () => {},
    };
  let dropped = 0;
  const destination = pino.destination({
    dest: STDERR,
    sync: false,
    minLength: WRITTEN_AT_ONCE_BYTES,
    periodicFlush: WRITTEN_AFTER_MS,
    maxLength: MOST_BUFFERED_BYTES,
    contentMode: 'buffer',
  });
  destination.on('drop', () => dropped++);
  // Who reads it may be gone: that ends no payment.
  destination.on('error', () => {});
  return {
    // In the mode that was asked for, it takes bytes: its types say text alone.
    write: (_, line) => void destination.write(line as Buffer & string),
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
