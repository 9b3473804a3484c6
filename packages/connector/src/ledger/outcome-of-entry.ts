/** What the ledger says to a repeat: the first answer, a refusal, or nothing yet. */
import { BridgeError, type BridgeResponse, fingerprintOf, ValidationError } from '@nats-bridge/protocol';
import type { Exchange } from '../call/exchange.js';
import type { LedgerEntry } from './ledger.js';

/**
 * @returns undefined while there is no answer
 * @throws ValidationError when the key belongs to another request; BridgeError NO_WORKERS_AVAILABLE when it was
 *   withdrawn, INVALID_WORKER_REPLY when its answer cannot be read
 */
export function outcomeOfEntry(entry: LedgerEntry, exchange: Exchange): BridgeResponse | undefined {
  assertSameContent(entry, exchange);
  const { record, answer } = entry;
  if (record.state === 'withdrawn') throw new BridgeError('NO_WORKERS_AVAILABLE');
  if (record.state !== 'answered') return undefined;
  if (answer === undefined) throw new BridgeError('INVALID_WORKER_REPLY');
  return answer;
}

/** @throws ValidationError when the record is of a request that asked for something else */
export function assertSameContent({ record }: LedgerEntry, { key, data }: Exchange): void {
  if (record.fingerprint !== undefined && record.fingerprint !== fingerprintOf(data))
    throw conflict(key ?? '');
}

export function conflict(key: string): ValidationError {
  return new ValidationError(
    `idempotency key ${key} was used for another request of this merchant, with different content`,
    { isKeyConflict: true },
  );
}
