/** A run's claim of an operation: written before the effect, extended while it lasts, and noticed when it is lost (P3). */
import { randomUUID } from 'node:crypto';
import { RecordChangedError, type RecordStore, type StoredRecord } from '@nats-bridge/messaging';
import {
  bodyOf,
  type NewRecord,
  type OperationRecord,
  parseRecord,
  recordHeaders,
} from '@nats-bridge/protocol';

/** The right to run, until the lease is over. */
export type Claim = {
  readonly attempt: number;
  /** Extends the lease; aborts `lost` when another has taken over. */
  renew(): Promise<void>;
  /** Aborts when another has taken over, or may have: the lease was over before it could be renewed. */
  lost(): AbortSignal;
};

export type ClaimWorld = {
  readonly records: RecordStore;
  /** Milliseconds since the epoch. */
  now(): number;
  /** How long a claim holds unless it is renewed. */
  readonly leaseMs: number;
};

/** What its record says whenever it is written. */
export type ClaimRecord = NewRecord & {
  readonly state: 'claimed';
  readonly attempt: number;
  readonly run: string;
};

/** Of this process, and then counted: its runs are named so that no other has the name of one. */
const PROCESS = randomUUID().slice(0, 8);
let runs = 0;

export function newRunName(): string {
  return `${PROCESS}-${++runs}`;
}

const OVER = new Error('the lease is over: another worker may have taken over');

export class HeldClaim implements Claim {
  #seq: number;
  #leasedAt: number;
  #renewing = Promise.resolve();
  #isRunning = true;
  #lost: AbortController | undefined;
  #lostTo: RecordChangedError | undefined;

  private constructor(
    readonly subject: string,
    readonly record: ClaimRecord,
    readonly world: ClaimWorld,
    expectedSeq: number,
  ) {
    this.#seq = expectedSeq;
    this.#leasedAt = world.now();
  }

  /**
   * @param expectedSeq the record that it is taken from; 0 for none
   * @throws RecordChangedError when another took it first; the store's error when it is not certain that it is there
   */
  static async take(
    subject: string,
    record: ClaimRecord,
    expectedSeq: number,
    world: ClaimWorld,
  ): Promise<HeldClaim> {
    const claim = new HeldClaim(subject, record, world, expectedSeq);
    await claim.#writeFirst();
    return claim;
  }

  get attempt(): number {
    return this.record.attempt;
  }

  /** This process stood still, or the way was slow: another may have taken over by now. */
  get isOver(): boolean {
    return this.world.now() >= this.#leasedAt + this.world.leaseMs;
  }

  lost(): AbortSignal {
    this.#lost ??= new AbortController();
    // Who looks for the first time after it happened sees it, too.
    if (this.#lostTo !== undefined || this.isOver) this.#lost.abort(this.#lostTo ?? OVER);
    return this.#lost.signal;
  }

  renew(): Promise<void> {
    this.#renewing = this.#renewing.then(() => this.#renew());
    return this.#renewing;
  }

  /** Nothing extends it any more. @returns the sequence of its record */
  async end(): Promise<number> {
    this.#isRunning = false;
    await this.#renewing;
    return this.#seq;
  }

  /** Anybody may have it at once. When this fails, the lease runs out instead. */
  async giveBack(reason: string): Promise<void> {
    await this.end();
    await this.#rewrite(this.world.now(), reason).catch(() => {});
  }

  async #renew(): Promise<void> {
    const now = this.world.now();
    // Beats come for all that is in hand at once; what was claimed just before needs none.
    if (!this.#isRunning || now - this.#leasedAt < this.world.leaseMs / 4) return;
    // A process that stood still learns it here, before anything else goes on.
    if (this.isOver && this.#lost !== undefined) return this.#lost.abort(OVER);
    try {
      await this.#rewrite(now + this.world.leaseMs);
      this.#leasedAt = now;
    } catch (error) {
      if (error instanceof RecordChangedError) {
        this.#lostTo = error;
        this.#lost?.abort(error);
      }
      // Anything else: the lease still holds for a while, and the next beat tries again.
    }
  }

  async #writeFirst(): Promise<void> {
    try {
      await this.#write(this.#leasedAt + this.world.leaseMs);
    } catch (error) {
      if (error instanceof RecordChangedError) throw error;
      // It may be stored, and only its confirmation lost: then nobody else begins while this claim holds.
      const seq = await this.#seqOfMine().catch(() => undefined);
      if (seq === undefined) throw error;
      this.#seq = seq;
    }
  }

  async #rewrite(leaseUntil: number, reason?: string): Promise<void> {
    try {
      await this.#write(leaseUntil, reason);
    } catch (error) {
      if (!(error instanceof RecordChangedError)) throw error;
      const seq = await this.#seqOfMine();
      if (seq === undefined) throw error;
      // Written by an earlier renewal, whose confirmation was lost.
      this.#seq = seq;
      await this.#write(leaseUntil, reason);
    }
  }

  async #write(leaseUntil: number, reason?: string): Promise<void> {
    const headers = recordHeaders({ ...this.record, leaseUntil, reason });
    this.#seq = await this.world.records.write(this.subject, bodyOf('claimed'), headers, this.#seq);
  }

  /** Of the record that stands, where it is this claim's. */
  async #seqOfMine(): Promise<number | undefined> {
    const stored = await this.world.records.read(this.subject);
    if (stored === undefined) return undefined;
    const { state, run, seq } = recordIn(stored);
    return state === 'claimed' && run === this.record.run ? seq : undefined;
  }
}

export function recordIn({ headers, seq, storedAt }: StoredRecord): OperationRecord {
  return parseRecord(headers, seq, storedAt.getTime());
}
