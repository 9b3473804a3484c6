/** Operations of which letters, notes and the audit speak: where ledger and archive are behind them, nothing else does. */
import { type Connection, storedMessages } from '@nats-bridge/messaging';
import { type AuditEntry, LATE_STREAM, QUEUE_STREAM, type Queue } from '@nats-bridge/protocol';
import { readAudit } from '../audit/read-audit.js';
import { parseLetter } from '../dead-letters/dead-letter.js';
import { decodeNote } from '../late-answers/late-note.js';

/** An operation that somebody may have begun. */
export type Begun = {
  readonly merchantId: string;
  readonly idempotencyKey: string;
  readonly operation: string;
  readonly paymentId: string;
  /** How often a person had it sent again. */
  readonly retry: number;
};

/** @param since of what the audit says, which may be kept far longer than what became of it */
export async function* toldOf(connection: Connection, since: Date): AsyncGenerator<Begun> {
  for (const queue of Object.keys(QUEUE_STREAM) as Queue[])
    for await (const stored of storedMessages(connection, QUEUE_STREAM[queue])) {
      const { merchantId, idempotencyKey, operation, paymentId, retry } = parseLetter(queue, stored);
      yield { merchantId, idempotencyKey, operation, paymentId, retry };
    }
  for await (const { body } of storedMessages(connection, LATE_STREAM)) {
    const note = decodeNote(body);
    if (note === undefined) continue;
    const { merchant_id: merchantId, idempotency_key: idempotencyKey, payment_id: paymentId } = note;
    yield { merchantId, idempotencyKey, operation: note.operation, paymentId, retry: note.retry };
  }
  for (const entry of await readAudit(connection)) {
    if (new Date(entry.at) < since) continue;
    const again = sentAgain(entry);
    if (again !== undefined) yield again;
  }
}

/** What a person had sent again: written down before it is. */
function sentAgain({ action, what }: AuditEntry): Begun | undefined {
  if (action !== 'retry' && action !== 'edit') return undefined;
  const text = (name: string) => String(what[name] ?? '');
  return {
    merchantId: text('merchantId'),
    idempotencyKey: text('idempotencyKey'),
    operation: text('operation'),
    paymentId: text('paymentId'),
    retry: Number(what.retry) || 0,
  };
}
