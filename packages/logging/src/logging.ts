/** The log of a process: what passes the level of its module becomes a line on standard error, and one over NATS. */
import { hostname } from 'node:os';
import { styleText } from 'node:util';
import type { LogLevel } from '@nats-bridge/protocol';
import { createLevels, type LevelSettings, type Levels } from './levels.js';
import type { LogInput, LogLine } from './log-line.js';
import { createLogOutbox, type OutboxConnection } from './log-outbox.js';
import { createProcessLines, type LineStyle } from './process-lines.js';
import type { Paint } from './readable-line.js';
import { redact } from './redact.js';

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
  /** Writes and sends what waits, for a second at most. The connection must still be there. */
  close(): Promise<void>;
};

export type LogStats = {
  /** Lines since the beginning, by level. */
  readonly written: Readonly<Record<LogLevel, number>>;
  /** Lines that did not go where they should, because NATS was away, or a reader too slow. */
  readonly dropped: number;
};

/** Until then lines are only gathered: written one after the other, each costs a payment half as much as on its own. */
const GATHERED_FOR_MS = 100;
const GATHERED_AT_MOST = 500;

export function createLogging(options: LoggingOptions): Logging {
  const { now = Date.now, nats = true } = options;
  const instance = `${options.name}@${hostname()}/${process.pid}`.slice(0, 255);
  const levels = createLevels(options);
  const timeOf = createTimeText();
  const lines = createProcessLines(options.lines ?? 'none', paintOnTerminal);
  const instanceJson = JSON.stringify(instance);
  const outbox = createLogOutbox(now);
  const gathered: { readonly at: number; readonly input: LogInput }[] = [];
  let timer: NodeJS.Timeout | undefined;
  let stopWatching: (() => void) | undefined;
  // What was said just before the process dies is what somebody will look for.
  if (options.lines !== undefined && options.lines !== 'none') process.on('exit', writeLast);
  const written: Record<LogLevel, number> = { debug: 0, info: 0, warn: 0, error: 0 };

  function lineOf({ at, input }: (typeof gathered)[number]): LogLine {
    const time = timeOf(at);
    const message = redact(input.message);
    const said = message === input.message ? input : { ...input, message };
    const json = `{"time":"${time}","instance":${instanceJson},${JSON.stringify(said).slice(1)}\n`;
    return { time, said, json };
  }

  function writeGathered(): void {
    clearTimeout(timer);
    timer = undefined;
    if (gathered.length === 0) return;
    const batch = gathered.splice(0).map(lineOf);
    lines.write(batch);
    if (nats) outbox.offer(batch);
  }

  function writeLast(): void {
    writeGathered();
    lines.close();
  }

  return {
    levels,
    instance,
    log(input) {
      if (!levels.passes(input.module, input.level)) return;
      written[input.level]++;
      gathered.push({ at: now(), input });
      if (gathered.length >= GATHERED_AT_MOST) writeGathered();
      else timer ??= setTimeout(writeGathered, GATHERED_FOR_MS).unref();
    },
    connect(connection) {
      if (!nats) return;
      // Heard before the outbox hears it, which then sends its last.
      stopWatching = connection.onState(({ state }) => state === 'draining' && writeGathered());
      outbox.connect(connection);
    },
    stats() {
      writeGathered();
      return { written: { ...written }, dropped: outbox.dropped + lines.dropped };
    },
    async close() {
      writeGathered();
      stopWatching?.();
      if (nats) await outbox.close();
      writeLast();
      process.off('exit', writeLast);
    },
  };
}

const paintOnTerminal: Paint = (style, text) =>
  process.stderr.isTTY === true && !process.env.NO_COLOR ? styleText(style, text) : text;

/** Lines of one millisecond share its text: written out for each, it costs a third of what is said. */
function createTimeText(): (at: number) => string {
  let lastAt = Number.NaN;
  let text = '';
  return (at) => {
    if (at !== lastAt) text = new Date(at).toISOString();
    lastAt = at;
    return text;
  };
}
