/** What became of a call that had ended in doubt, by its note and its record. Pure. */
import { BridgeError, type Outcome, outcomeOfError, outcomeOfReply } from '@nats-bridge/protocol';
import type { LedgerEntry } from '../ledger/ledger.js';
import { callOf, type LateNote } from './late-note.js';

export type Settlement = {
  readonly note: LateNote;
  /** `answered`, or `not_sent` when it was withdrawn. */
  readonly outcome: Outcome;
  /** When that was recorded, in milliseconds since the epoch, by the server's clock. */
  readonly at: number;
};

/** @returns undefined while the doubt lasts; an answer that cannot be read leaves it */
export function settlementOf(note: LateNote, entry: LedgerEntry | undefined): Settlement | undefined {
  if (entry === undefined) return undefined;
  const { record, answer } = entry;
  if (record.state === 'withdrawn') {
    // A person had it sent again since; an answer is final, and workers that only answer do not say to which try.
    if (record.retry < note.retry) return undefined;
    const outcome = outcomeOfError(callOf(note), new BridgeError('NO_WORKERS_AVAILABLE'));
    return { note, outcome, at: record.at };
  }
  if (record.state !== 'answered' || answer === undefined) return undefined;
  try {
    return { note, outcome: outcomeOfReply(callOf(note), answer), at: record.at };
  } catch (error) {
    if (error instanceof BridgeError) return undefined; // a status that UCS does not know
    throw error;
  }
}
