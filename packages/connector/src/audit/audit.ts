/**
 * Writes the chain of the audit. What people did is written down before it is done: an action that cannot be written
 * down does not happen.
 */
import { type Connection, createRecordWriter, lastMessage, saysOvertaken } from '@nats-bridge/messaging';
import {
  AUDIT_STREAM,
  type AuditAction,
  type AuditEntry,
  auditSubject,
  chainEntry,
  isoTime,
  type SignHash,
} from '@nats-bridge/protocol';
import { endOfChain } from './read-audit.js';

/** What somebody does. */
export type AuditedAct = Omit<AuditEntry, 'at'> & { readonly action: AuditAction };

export type Audit = {
  /** Adds it to the end of the chain. @throws what the stream throws when it does not keep the entry */
  append(entry: AuditedAct): Promise<void>;
  /**
   * The same, as long as the last entry of `subject` is still the one at `lastSeq` (0: none).
   * @returns false when somebody else has written one meanwhile
   */
  appendAfter(entry: Omit<AuditEntry, 'at'>, place: EntryPlace): Promise<boolean>;
  close(): void;
};

export type EntryPlace = { readonly subject: string; readonly lastSeq: number };

const EXPECTED_SEQ = 'Nats-Expected-Last-Sequence';
const EXPECTED_SUBJECT_SEQ = 'Nats-Expected-Last-Subject-Sequence';
/** Others were quicker so often in a row. */
const MOST_TRIES = 50;

export function createAudit(connection: Connection, signer?: SignHash, now = Date.now): Audit {
  const writer = createRecordWriter(connection);

  async function write(entry: Omit<AuditEntry, 'at'>, place?: EntryPlace): Promise<boolean> {
    const subject = place?.subject ?? auditSubject(entry.action);
    for (let tries = 1; ; tries++) {
      const { seq, last } = await endOfChain(connection);
      const chained = chainEntry({ ...entry, at: isoTime(now()) }, last, signer);
      try {
        await writer.write(subject, Buffer.from(JSON.stringify(chained)), {
          'Content-Type': 'application/json',
          [EXPECTED_SEQ]: String(seq),
          ...(place && { [EXPECTED_SUBJECT_SEQ]: String(place.lastSeq) }),
        });
        return true;
      } catch (error) {
        if (!saysOvertaken(error) || tries >= MOST_TRIES) throw error;
        if (place === undefined) continue;
        const now = await lastMessage(connection, AUDIT_STREAM, subject);
        if ((now?.seq ?? 0) !== place.lastSeq) return false;
      }
    }
  }

  return {
    async append(entry) {
      await write(entry);
    },
    appendAfter: write,
    close: () => writer.close(),
  };
}

/** One entry of who makes no others. */
export async function writeAudit(
  connection: Connection,
  entry: AuditedAct,
  signer?: SignHash,
): Promise<void> {
  const audit = createAudit(connection, signer);
  await audit.append(entry).finally(audit.close);
}
