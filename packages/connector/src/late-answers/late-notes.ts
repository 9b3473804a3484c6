/** The notes as they are stored: one subject for each key, written in doubt and kept as long as the records. */
import { setMaxListeners } from 'node:events';
import {
  backoffMs,
  type Connection,
  createRecordStore,
  createRecordWriter,
  lastMessage,
} from '@nats-bridge/messaging';
import { type Headers, LATE_STREAM, lateSubject, within } from '@nats-bridge/protocol';
import { pause } from '../pacing/pause.js';
import { decodeNote, encodeNote, type LateNote } from './late-note.js';

export type LateNotes = {
  /**
   * Writes a note, again and again until it is stored or the bridge closes. Resolves when it is stored, and after
   * `waitMs` at the latest: the caller's answer must not depend on it.
   */
  keep(note: LateNote): Promise<void>;
  find(merchantId: string, key: string): Promise<LateNote | undefined>;
  /**
   * Puts the note in its place once more, so that it is delivered at once instead of when its pause ends. Only the
   * first of several bridges succeeds.
   * @param seq of the note that is replaced
   * @throws RecordChangedError when another bridge was first
   */
  renew(note: LateNote, seq: number): Promise<void>;
  close(): void;
};

/** Says of a stored note that its answer was there when it was written. */
const RENEWED = { name: 'X-Settled', value: 'true' } as const;

/** Notes that wait for the broker, at most; what comes on top is reported and lost to the push, not to the ledger. */
const MOST_WAITING = 10_000;
const WAIT_MS = 1_000;

export function createLateNotes(
  connection: Connection,
  options: { readonly onError: (error: unknown) => void; readonly waitMs?: number },
): LateNotes {
  const writer = createRecordWriter(connection);
  const store = createRecordStore(connection, { stream: LATE_STREAM, writer });
  const closing = new AbortController();
  setMaxListeners(0, closing.signal); // one for each note that waits
  let waiting = 0;

  async function keepTrying(note: LateNote): Promise<void> {
    const subject = lateSubject(note.merchant_id, note.idempotency_key);
    for (let attempt = 0; !closing.signal.aborted; attempt++) {
      try {
        await writer.write(subject, encodeNote(note), {});
        return;
      } catch (error) {
        if (attempt === 0) options.onError(error);
        await pause(backoffMs(attempt, { initialMs: 250, maxMs: 30_000 }), closing.signal);
      }
    }
  }

  return {
    async keep(note) {
      if (waiting >= MOST_WAITING) {
        options.onError(new Error(`${MOST_WAITING} notes of late answers wait for the broker already`));
        return;
      }
      waiting++;
      const kept = keepTrying(note).finally(() => {
        waiting--;
      });
      if (connection.current === undefined) return; // it will be a while
      await within(options.waitMs ?? WAIT_MS, kept);
    },
    async find(merchantId, key) {
      const stored = await lastMessage(connection, LATE_STREAM, lateSubject(merchantId, key));
      return stored && decodeNote(stored.body);
    },
    async renew(note, seq) {
      const subject = lateSubject(note.merchant_id, note.idempotency_key);
      await store.write(subject, encodeNote(note), { [RENEWED.name]: RENEWED.value }, seq);
    },
    close() {
      closing.abort();
      writer.close();
    },
  };
}

export function isRenewed(headers: Headers): boolean {
  return headers[RENEWED.name] === RENEWED.value;
}
