/** The log of a process: what passes the level of its module becomes a line on standard error, and one over NATS. */
import { hostname } from 'node:os';
import { styleText } from 'node:util';
import { type LogEntry, type LogLevel, logSubject, MAX_LOG_BYTES } from '@nats-bridge/protocol';
import { createLevels, type LevelSettings, type Levels } from './levels.js';
import { createLogOutbox, type OutboxConnection } from './log-outbox.js';
import { createProcessLines, type LineStyle } from './process-lines.js';
import type { Paint } from './readable-line.js';
import { redact } from './redact.js';

/** What is told to the log; time and instance are added. */
export type LogInput = Omit<LogEntry, 'time' | 'instance'>;

export type LoggingOptions = LevelSettings & {
  /** Names the program; host and process are added. */
  readonly name: string;
  /** Default: none. */
  readonly lines?: LineStyle;
  /** Whether lines are published once there is a connection. Default true. */
  readonly nats?: boolean;
  /** Milliseconds since the epoch. Default: the system's clock. */
  readonly now?: () => number;
};

export type Logging = {
  /** Never throws and never waits. */
  log(entry: LogInput): void;
  readonly levels: Levels;
  readonly instance: string;
  /** From now on lines go over it, too. */
  connect(connection: OutboxConnection): void;
  stats(): LogStats;
  /** Sends what waits, for a second at most. The connection must still be there. */
  close(): Promise<void>;
};

export type LogStats = {
  /** Lines since the beginning, by level. */
  readonly written: Readonly<Record<LogLevel, number>>;
  /** Lines that did not go where they should, because NATS was away, or a reader too slow. */
  readonly dropped: number;
};

export function createLogging(options: LoggingOptions): Logging {
  const { now = Date.now, nats = true } = options;
  const instance = `${options.name}@${hostname()}/${process.pid}`.slice(0, 255);
  const levels = createLevels(options);
  const lines = createProcessLines(options.lines ?? 'none', paintOnTerminal);
  const outbox = createLogOutbox();
  const written: Record<LogLevel, number> = { debug: 0, info: 0, warn: 0, error: 0 };
  let unwritten = 0;

  return {
    levels,
    instance,
    log(input) {
      if (!levels.passes(input.module, input.level)) return;
      const time = new Date(now()).toISOString();
      // What is new stands before the copy, which V8 then makes much quicker.
      const entry: LogEntry = { time, instance, ...input };
      entry.message = redact(input.message);
      const line = Buffer.from(`${JSON.stringify(entry)}\n`);
      written[entry.level]++;
      lines.write(entry, line);
      if (!nats) return;
      if (line.byteLength > MAX_LOG_BYTES) unwritten++;
      else outbox.offer(logSubject(entry), line);
    },
    connect(connection) {
      if (nats) outbox.connect(connection);
    },
    stats: () => ({ written: { ...written }, dropped: unwritten + outbox.dropped + lines.dropped }),
    async close() {
      if (nats) await outbox.close();
      lines.close();
    },
  };
}

const paintOnTerminal: Paint = (style, text) =>
  process.stderr.isTTY === true && !process.env.NO_COLOR ? styleText(style, text) : text;
