/** Lines on their way to NATS: nobody waits for them, few wait at once, and what is too much is dropped and counted. */
import type { Connection } from '@nats-bridge/messaging';
import { LOG_PATTERN, logSubject, MAX_LOG_BYTES, matches, within } from '@nats-bridge/protocol';
import type { LogLine } from './log-line.js';

export type LogOutbox = {
  /** Sent at once, unless others are under way. */
  offer(batch: readonly Pick<LogLine, 'said' | 'json'>[]): void;
  /** Begins to send, what has waited so far first. */
  connect(connection: OutboxConnection): void;
  /** Lines that were too long or too many, or whose subject the server refused: then each message counts. */
  readonly dropped: number;
  readonly waiting: number;
  /** Sends what waits, for a moment. */
  close(): Promise<void>;
};

export type OutboxConnection = Pick<Connection, 'current' | 'onState' | 'onServerError'>;

/** Of 500 bytes each, a megabyte. */
const MOST_WAITING = 2_000;
/** Before the server has taken them no more are sent: payments go over the same connection. */
const BATCH = 500;
const LAST_LINES_MS = 1_000;
/** A worker that may write of its own merchants only is refused a subject now and then; they are not endless. */
const MOST_REFUSED = 1_000;
/** Then each is tried again: the server may have other permissions for us by now. */
const REFUSED_FOR_MS = 5 * 60_000;

type Line = { readonly subject: string; readonly json: string; readonly bytes: number };

export function createLogOutbox(now = Date.now): LogOutbox {
  const waiting: Line[] = [];
  const refused = new Set<string>();
  let refusedUntil = 0;
  const endings: (() => void)[] = [];
  let connection: OutboxConnection | undefined;
  /** The one that was open last. */
  let nats: Connection['current'];
  let sending: Promise<void> | undefined;
  let dropped = 0;
  let isClosed = false;

  function sendWaiting(): void {
    nats = connection?.current ?? nats;
    if (connection?.current === undefined || isClosed) return;
    void send();
  }

  function send(): Promise<void> {
    sending ??= Promise.resolve().then(sendAll);
    return sending;
  }

  async function sendAll(): Promise<void> {
    let open = connection?.current; // while there is none they wait until it is back
    while (waiting.length > 0 && open !== undefined) {
      const batch = waiting.splice(0, BATCH);
      try {
        publish(open, batch);
        await open.flush();
        open = connection?.current;
      } catch {
        dropped += batch.length; // the connection has ended; what of them arrived is not known
        open = undefined;
      }
    }
    // In the step that found nothing to send: what is offered in the next one begins anew.
    sending = undefined;
  }

  function isRefused(subject: string): boolean {
    if (refused.size === 0) return false; // the usual case: no line asks for the time
    if (now() >= refusedUntil) refused.clear();
    return refused.has(subject);
  }

  function publish(open: NonNullable<Connection['current']>, batch: readonly Line[]): void {
    const mine = batch.filter(({ subject }) => !isRefused(subject));
    dropped += batch.length - mine.length;
    for (const { subject, body } of messagesOf(mine)) open.publish(subject, body);
  }

  /** A connection that drains still takes what is handed to it before it has ended. */
  function sendLast(): void {
    const last = waiting.splice(0);
    try {
      if (nats !== undefined) publish(nats, last);
    } catch {
      dropped += last.length;
    }
  }

  function onServerError(error: Error): void {
    const subject = refusedSubject(error);
    if (subject === undefined) return;
    dropped++;
    if (refused.size === 0) refusedUntil = now() + REFUSED_FOR_MS;
    if (refused.size < MOST_REFUSED) refused.add(subject);
  }

  return {
    offer(batch) {
      for (const { said, json } of batch) {
        const subject = logSubject(said);
        const bytes = Buffer.byteLength(json);
        const isTaken =
          !isClosed && !isRefused(subject) && waiting.length < MOST_WAITING && bytes <= MAX_LOG_BYTES;
        if (isTaken) waiting.push({ subject, json, bytes });
        else dropped++;
      }
      sendWaiting();
    },
    connect(to) {
      connection = to;
      endings.push(
        to.onState(({ state }) => {
          if (state === 'connected') {
            refused.clear(); // it may be another server, or credentials that were made anew
            sendWaiting();
          }
          if (state === 'draining') sendLast();
        }),
        to.onServerError(onServerError),
      );
      sendWaiting();
    },
    get dropped() {
      return dropped;
    },
    get waiting() {
      return waiting.length;
    },
    async close() {
      await within(LAST_LINES_MS, send().then(send)); // again: what came while the first was under way
      isClosed = true;
      for (const end of endings) end();
    },
  };
}

/** Lines of one subject travel together, as many as a message may hold: fewer messages, and each keeps its order. */
function messagesOf(batch: readonly Line[]): { readonly subject: string; readonly body: string }[] {
  const last = new Map<string, { readonly subject: string; body: string; bytes: number }>();
  const messages: { readonly subject: string; body: string; bytes: number }[] = [];
  for (const { subject, json, bytes } of batch) {
    const open = last.get(subject);
    if (open !== undefined && open.bytes + bytes <= MAX_LOG_BYTES) {
      open.body += json;
      open.bytes += bytes;
    } else {
      const message = { subject, body: json, bytes };
      last.set(subject, message);
      messages.push(message);
    }
  }
  return messages;
}

/** Of a permission that the server says we have not. */
function refusedSubject(error: Error): string | undefined {
  const { operation, subject } = error as { operation?: unknown; subject?: unknown };
  if (operation !== 'publish' || typeof subject !== 'string') return undefined;
  return matches(LOG_PATTERN, subject) ? subject : undefined;
}
