/** What is noted while a seed runs, for the judgement at its end. */
import { QUEUE_STREAM, RECORD_STREAM, recordSubject } from '@nats-bridge/protocol';
import type { Entry } from '../actors/processor.js';
import type { Broker } from '../broker/broker.js';
import type { Stored } from '../broker/stream.js';
import { MERCHANT } from '../scenario/callers.js';
import { looksBeforeCharging } from '../scenario/handlers.js';
import type { World } from '../world.js';
import { RecordWatch, type Written } from './records.js';

export class Watch {
  readonly records: RecordWatch;
  readonly requests = new RequestWatch();
  /** Keys that a bridge has left to a person. */
  readonly letters = new Set<string>();
  readonly effects: EffectWatch;

  constructor(world: World) {
    this.records = new RecordWatch(world);
    this.effects = new EffectWatch(world, this.records);
  }

  onStored(stream: string, message: Stored): void {
    if (stream === RECORD_STREAM) this.records.onStored(message);
    else if (stream === 'PAYMENTS') this.requests.onStored(message);
    else if (stream === QUEUE_STREAM.interventions)
      this.letters.add(message.headers['X-Idempotency-Key'] ?? '');
  }

  lastOf(key: string): Written | undefined {
    return this.records.history.get(recordSubject(MERCHANT, key))?.at(-1);
  }

  /** Was begun, or may have been, and has neither an outcome nor somebody who sees to it. */
  isOpen(key: string, broker: Broker): boolean {
    const state = this.lastOf(key)?.record.state;
    if (state === 'answered' || state === 'withdrawn') return false;
    if (state === undefined && !this.requests.keys.has(key)) return false;
    return !this.isLetter(key, broker);
  }

  /** The server's notice becomes a dead letter, or a case for a person. */
  isLetter(key: string, { notices }: Broker): boolean {
    return this.letters.has(key) || notices.some(({ seq }) => this.requests.keyOf.get(seq) === key);
  }
}

/** What the stream of requests has had. */
class RequestWatch {
  readonly keys = new Set<string>();
  readonly keyOf = new Map<number, string>();
  readonly all: Stored[] = [];

  onStored(message: Stored): void {
    const { seq, headers } = message;
    const key = headers['X-Idempotency-Key'] ?? '';
    this.keys.add(key);
    this.keyOf.set(seq, key);
    this.all.push(message);
  }
}

/** Effects of workers that had lost their lease while they stood still, or by a clock that differs from others'. */
class EffectWatch {
  /** Nothing but a processor that honours the key prevents these, see docs/simulation.md. */
  readonly late = new Set<Entry>();

  constructor(
    readonly world: World,
    readonly records: RecordWatch,
  ) {}

  onEntry(entry: Entry, isOutOfTime: (worker: string) => boolean): void {
    if (entry.given !== undefined) return; // it never has a lease
    const last = this.records.history.get(recordSubject(MERCHANT, entry.key))?.at(-1)?.record;
    const isLost = last?.by !== entry.worker || last.attempt !== entry.attempt;
    if (!isLost || !looksBeforeCharging(entry.operation)) return;
    if (!isOutOfTime(entry.worker) && !isOutOfTime(last?.by ?? '')) return;
    this.late.add(entry);
    this.world.count('settled: an effect after the lease was lost');
  }
}
