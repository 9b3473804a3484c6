/** Watches every record as it is stored: what may follow what, and that nothing is written blindly. */
import { bodyOf, type OperationRecord, parseRecord, RECORD_HEADER } from '@nats-bridge/protocol';
import type { Stored } from '../broker/stream.js';
import type { World } from '../world.js';

export type Written = {
  readonly record: OperationRecord;
  readonly body: string;
  /** Another answer than the one before it, of a worker that writes over whatever stands there. */
  readonly isOther: boolean;
};

/** Which state may be written over which. */
const MAY_FOLLOW: Readonly<Record<string, readonly string[]>> = {
  nothing: ['sent', 'claimed', 'withdrawn', 'answered'],
  sent: ['claimed', 'withdrawn', 'answered'],
  claimed: ['claimed', 'answered'],
  answered: ['answered'],
  withdrawn: [],
};

export class RecordWatch {
  /** By subject, the last one last. */
  readonly history = new Map<string, Written[]>();
  readonly violations: string[] = [];

  constructor(readonly world: World) {}

  onStored({ subject, headers, seq, at, data }: Stored): void {
    const record = parseRecord(headers, seq, at);
    const body = Buffer.from(data).toString();
    const written = this.history.get(subject) ?? [];
    this.history.set(subject, written);
    const before = written.at(-1);
    const knowsRecords = headers[RECORD_HEADER.state] !== undefined;
    written.push({ record, body, isOther: !knowsRecords && isOtherAnswer(before, body) });
    this.world.count(`record: ${before?.record.state ?? 'nothing'} → ${record.state}`);
    if (
      before?.record.state === 'claimed' &&
      record.state === 'claimed' &&
      record.attempt !== before.record.attempt
    )
      this.world.count('record: taken over');
    this.world.trace('record', () => `${subject.split('.').at(-1)}: ${describe(record)}`);
    const wrong = (what: string) => this.violations.push(`P3: the record ${subject} ${what}`);
    // What others may have done by then is a question of what was charged.
    if (!knowsRecords) return;
    if (headers['Nats-Expected-Last-Subject-Sequence'] === undefined)
      wrong('was written without compare and set');
    if (!MAY_FOLLOW[before?.record.state ?? 'nothing']?.includes(record.state))
      wrong(`went from ${before?.record.state} to ${record.state}`);
    if (before?.record.state === 'answered' && before.body !== body) wrong('has another answer than before');
    if (record.state !== 'answered' && body !== Buffer.from(bodyOf(record.state)).toString())
      wrong('has a body that is not of its state');
  }
}

/** Bodies of the same answer differ from worker to worker. */
function isOtherAnswer(before: Written | undefined, body: string): boolean {
  return before?.record.state === 'answered' && answerIn(before.body) !== answerIn(body);
}

function answerIn(body: string): string {
  const { status, transaction_id } = JSON.parse(body);
  return `${status} ${transaction_id}`;
}

function describe({ state, attempt, by, reason, leaseUntil, at }: OperationRecord): string {
  const lease = state === 'claimed' ? `, lease ${Math.round((leaseUntil ?? 0) - at)} ms` : '';
  return [state, attempt && `attempt ${attempt}`, by && `by ${by}`, reason].filter(Boolean).join(' ') + lease;
}
