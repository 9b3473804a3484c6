/** Remembers requests that ended without an answer, so that a late one is recognised. */
import type { PendingRequest, StoredPlace } from './pending-requests.js';

export type UnansweredRequest = {
  readonly token: string;
  readonly subject: string;
  readonly msgId: string;
  readonly correlationId: string;
  readonly replyTo: string | undefined;
  readonly stored: StoredPlace | undefined;
  readonly sentAt: number;
  /** The code of the error its caller got. */
  readonly endedWith: string;
};

/** Holds the most recent; older ones are found in the ledger, not here. */
export class UnansweredRequests {
  readonly #byKey = new Map<string, UnansweredRequest>();
  readonly #inOrder = new Set<UnansweredRequest>();

  constructor(readonly most: number) {}

  get size(): number {
    return this.#inOrder.size;
  }

  remember(request: PendingRequest, endedWith: string): void {
    const { token, subject, msgId, correlationId, replyTo, stored, sentAt } = request;
    const entry = { token, subject, msgId, correlationId, replyTo, stored, sentAt, endedWith };
    this.#inOrder.add(entry);
    for (const key of keysOf(entry)) this.#byKey.set(key, entry);
    const [oldest] = this.#inOrder;
    if (oldest !== undefined && this.#inOrder.size > this.most) this.forget(oldest);
  }

  find(key: UnansweredKey): UnansweredRequest | undefined {
    return this.#byKey.get(key);
  }

  forget(entry: UnansweredRequest): void {
    this.#inOrder.delete(entry);
    for (const key of keysOf(entry)) if (this.#byKey.get(key) === entry) this.#byKey.delete(key);
  }
}

export type UnansweredKey = `token:${string}` | `correlation:${string}` | `reply:${string}` | `seq:${number}`;

function keysOf(entry: UnansweredRequest): UnansweredKey[] {
  const keys: UnansweredKey[] = [`token:${entry.token}`, `correlation:${entry.correlationId}`];
  if (entry.replyTo !== undefined) keys.push(`reply:${entry.replyTo}`);
  if (entry.stored !== undefined) keys.push(`seq:${entry.stored.seq}`);
  return keys;
}
