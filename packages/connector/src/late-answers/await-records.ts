/** Listens on the records of calls in doubt, so that an answer is noticed when it is published, not when one looks. */
import type { Connection } from '@nats-bridge/messaging';
import { RECORD_HEADER, recordSubject, stateOf } from '@nats-bridge/protocol';
import type { LateNote } from './late-note.js';

export type AwaitedRecords = {
  /** Listens from now on; a later note of the same key takes the place of the first. */
  add(note: LateNote, seq: number): Promise<void>;
  /** @returns false when it was settled since it was added, and `onSettled` told */
  forget(note: LateNote): boolean;
  close(): void;
};

type Awaited = { readonly note: LateNote; readonly seq: number; stop(): void };

/** Each costs a subscription; the notes above this many are looked at from time to time only. */
const MOST = 10_000;

/** @param onSettled told once, with the sequence of the note; the record itself may be stored a moment later */
export function awaitRecords(
  connection: Connection,
  onSettled: (note: LateNote, seq: number) => void,
): AwaitedRecords {
  const awaited = new Map<string, Awaited>();

  function forget(subject: string): boolean {
    awaited.get(subject)?.stop();
    return awaited.delete(subject);
  }

  return {
    async add(note, seq) {
      const subject = recordSubject(note.merchant_id, note.idempotency_key);
      const nats = await connection.get();
      forget(subject);
      const [oldest] = awaited.keys();
      if (awaited.size >= MOST && oldest !== undefined) forget(oldest);
      const subscription = nats.subscribe(subject, {
        callback: (error, message) => {
          if (error !== null) return;
          const state = stateOf({ [RECORD_HEADER.state]: message.headers?.get(RECORD_HEADER.state) ?? '' });
          if (state !== 'answered' && state !== 'withdrawn') return;
          forget(subject);
          onSettled(note, seq);
        },
      });
      awaited.set(subject, { note, seq, stop: () => subscription.unsubscribe() });
    },
    forget: (note) => forget(recordSubject(note.merchant_id, note.idempotency_key)),
    close() {
      for (const subject of [...awaited.keys()]) forget(subject);
    },
  };
}
