/** Replies seen on the acknowledgement subject before the PubAck that tells whose they are. */
import type { AckSubject } from './ack-subject.js';
import type { Reply } from './reply.js';

export type EarlyReply = { readonly reply: Reply; readonly ack: AckSubject; readonly ackSubject: string };

const KEPT_MS = 2_000;
const MOST = 4_096;

/**
 * Bounded in time and number. Other instances' replies pass through here too, and a stream that is deleted
 * and made again starts its sequences anew: what is not claimed within two seconds belongs to nobody here.
 */
export class EarlyReplies {
  readonly #bySeq = new Map<number, EarlyReply>();

  get size(): number {
    return this.#bySeq.size;
  }

  keep(early: EarlyReply): void {
    this.#bySeq.delete(early.ack.streamSeq);
    this.#bySeq.set(early.ack.streamSeq, early);
    this.drop(early.reply.receivedAt, MOST);
  }

  take(seq: number): EarlyReply | undefined {
    const early = this.#bySeq.get(seq);
    if (early !== undefined) this.#bySeq.delete(seq);
    return early;
  }

  /** Oldest first, which is the order of the map. */
  drop(now: number, most = MOST): void {
    for (const [seq, { reply }] of this.#bySeq) {
      if (now - reply.receivedAt <= KEPT_MS && this.#bySeq.size <= most) return;
      this.#bySeq.delete(seq);
    }
  }
}
