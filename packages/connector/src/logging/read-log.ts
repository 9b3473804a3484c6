/** Reads the lines that NATS keeps, of every bridge and worker: what is there, and what comes. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Connection, storedMessages, streamInfo, streamState } from '@nats-bridge/messaging';
import {
  LOG_LEVELS,
  LOG_STREAM,
  type LogEntry,
  type LogLevel,
  type LogModule,
  logPattern,
  parseLogEntries,
} from '@nats-bridge/protocol';

export type LogQuery = {
  /** Lines stored at or after it. Default: all that are kept. */
  readonly since?: Date;
  /** Goes on until the signal aborts. */
  readonly follow?: AbortSignal;
  readonly merchantId?: string;
  readonly module?: LogModule;
  /** This level and those above it. */
  readonly level?: LogLevel;
  readonly paymentId?: string;
  readonly attemptId?: string;
  /** Or its beginning. */
  readonly correlationId?: string;
};

const LOOK_EVERY_MS = 300;

/**
 * Oldest first, by when they were said: who says it hands several over at once, so that they are stored in another order.
 * What comes while `follow` lasts is so within each look. Looks again and again instead of making a consumer, which operators may not.
 *
 * @throws Error that says so when nobody has made the stream
 */
export async function* readLog(connection: Connection, query: LogQuery = {}): AsyncGenerator<LogEntry> {
  const { follow, since, merchantId, module } = query;
  await requireStream(connection);
  const subject = logPattern({ merchantId, module });
  let options: { since?: Date; fromSeq?: number } = since === undefined ? {} : { since };
  for (;;) {
    const { lastSeq } = await streamState(connection, LOG_STREAM);
    const found: LogEntry[] = [];
    for await (const stored of storedMessages(connection, LOG_STREAM, { ...options, subject })) {
      options = { fromSeq: stored.seq + 1 };
      found.push(...parseLogEntries(stored.subject, stored.body).filter((entry) => isWanted(entry, query)));
      if (follow?.aborted) return;
    }
    yield* found.sort((a, b) => Date.parse(a.time) - Date.parse(b.time));
    if (follow === undefined || follow.aborted) return;
    // Everything up to there was looked at, also where nothing of it was wanted.
    options = { fromSeq: Math.max(options.fromSeq ?? 0, lastSeq + 1) };
    await sleep(LOOK_EVERY_MS, undefined, { signal: follow }).catch(() => {});
  }
}

function isWanted(entry: LogEntry, { level, paymentId, attemptId, correlationId }: LogQuery): boolean {
  return (
    (level === undefined || LOG_LEVELS.indexOf(entry.level) >= LOG_LEVELS.indexOf(level)) &&
    (paymentId === undefined || entry.payment_id === paymentId) &&
    (attemptId === undefined || entry.attempt_id === attemptId) &&
    (correlationId === undefined || entry.correlation_id?.startsWith(correlationId) === true)
  );
}

async function requireStream(connection: Connection): Promise<void> {
  if ((await streamInfo(connection, LOG_STREAM)) !== undefined) return;
  throw new Error(
    `there is no stream ${LOG_STREAM}: a bridge makes it when it starts, unless nats_bridge.logging.nats = false`,
  );
}
