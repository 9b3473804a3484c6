/** What the ledger says of a letter now: it may have changed since the letter was written. */
import { type Verdict, verdictOf } from '@nats-bridge/protocol';
import type { LedgerEntry } from '../ledger/ledger.js';
import type { NatsBridge } from '../nats-bridge.js';
import type { DeadLetter } from './dead-letter.js';
import { readVerdictSince } from './verdict-since.js';

export type VerdictNow = {
  readonly verdict: Verdict;
  /** What the verdict is by; undefined without a record. */
  readonly entry: LedgerEntry | undefined;
};

/** @throws when the streams cannot be read */
export async function readVerdictNow(
  { config, connection, ledger }: Pick<NatsBridge, 'config' | 'connection' | 'ledger'>,
  letter: DeadLetter,
): Promise<VerdictNow> {
  const entry = await entryOf(ledger, letter);
  const verdictSince = await readVerdictSince(connection, config);
  return { entry, verdict: verdictSince({ ...letter, verdict: verdictBy(entry, letter) }).verdict };
}

/** The record of its operation; undefined without one. */
export async function entryOf(
  ledger: Pick<NatsBridge['ledger'], 'findLatest'>,
  { merchantId, idempotencyKey }: DeadLetter,
): Promise<LedgerEntry | undefined> {
  return idempotencyKey === '' ? undefined : ledger.findLatest(merchantId, idempotencyKey);
}

function verdictBy(entry: LedgerEntry | undefined, { verdict: atDeath }: DeadLetter): Verdict {
  // A record is older than the letter that speaks of it, and expires before it does.
  if (entry === undefined && (atDeath === 'answered_yes' || atDeath === 'answered_no')) return atDeath;
  return verdictOf({
    record: entry?.record,
    answer: entry?.answer?.status,
    // Announced since: a later call of the key, or a try that was sent again and never confirmed.
    mayHaveRunUnrecorded: atDeath === 'unknown' || entry?.record.state === 'sent',
  });
}
