/**
 * Replies on the acknowledgement subject that no request here waits for: of another requester, which acknowledges them
 * in a moment, or of none that still runs.
 */
import { PassingMap } from '@nats-bridge/protocol';
import type { AckSubject } from './ack-subject.js';
import type { OfferedReply } from './pending-requests.js';

export type UnclaimedOffer = OfferedReply & { readonly delivery: AckSubject };

/** Long enough for another requester to take it, and shorter than any time after which it is delivered again. */
const WAIT_MS = 500;
/** Above this the oldest is left to the others. */
const MOST = 4_096;
const MOST_OF_ONE = 8;

const MINUS = 0x2d;
const TERM = '+TERM';

type Kept = { readonly timer: NodeJS.Timeout; readonly offers: UnclaimedOffer[] };

export class UnclaimedReplies {
  /** By the subject of one delivery, on which more than one may say something. */
  readonly #kept = new PassingMap<string, Kept>();

  /** @param onUnclaimed told of what nobody has taken in time */
  constructor(readonly onUnclaimed: (offer: UnclaimedOffer) => void) {}

  /** Deliveries on which another word matters. */
  get size(): number {
    return this.#kept.size;
  }

  keep(offer: UnclaimedOffer): void {
    const { replySubject } = offer;
    const known = this.#kept.get(replySubject);
    if (known !== undefined) {
      if (known.offers.length < MOST_OF_ONE) known.offers.push(offer);
      return;
    }
    if (this.#kept.size >= MOST) this.#forgetOldest();
    const offers = [offer];
    const timer = setTimeout(() => {
      this.#kept.delete(replySubject);
      for (const one of offers) this.onUnclaimed(one);
    }, WAIT_MS);
    this.#kept.set(replySubject, { timer: timer.unref(), offers });
  }

  /** Another word on the same delivery. Workers that acknowledge for themselves say `+ACK`, and wait for nobody. */
  heard(ackSubject: string, body: Uint8Array): void {
    const isTakenOrUndone = body.length === 0 || body[0] === MINUS || startsWith(body, TERM);
    if (isTakenOrUndone) this.#forget(ackSubject);
  }

  end(): void {
    for (const { timer } of this.#kept.values()) clearTimeout(timer);
    this.#kept.clear();
  }

  #forgetOldest(): void {
    const [oldest] = this.#kept;
    if (oldest !== undefined) this.#forget(oldest[0]);
  }

  #forget(ackSubject: string): void {
    clearTimeout(this.#kept.get(ackSubject)?.timer);
    this.#kept.delete(ackSubject);
  }
}

function startsWith(body: Uint8Array, text: string): boolean {
  return Buffer.from(body.subarray(0, text.length)).toString() === text;
}
