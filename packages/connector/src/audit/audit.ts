/**
 * The chain of the audit. What people did is written down before it is done: an action that cannot be written down does
 * not happen.
 */
import {
  type Connection,
  createRecordWriter,
  type ListOptions,
  lastMessage,
  saysOvertaken,
  storedMessage,
  storedMessages,
  streamState,
} from '@nats-bridge/messaging';
import {
  AUDIT_STREAM,
  type AuditEntry,
  auditSubject,
  type ChainedEntry,
  chainEntry,
  PEOPLE_PATTERN,
  type SignHash,
} from '@nats-bridge/protocol';

export type Audit = {
  /** Adds it to the end of the chain. @throws what the stream throws when it does not keep the entry */
  append(entry: Omit<AuditEntry, 'at'>): Promise<void>;
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
      const chained = chainEntry({ ...entry, at: new Date(now()).toISOString() }, last, signer);
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

/** Entries from before there was a chain are followed by its first. */
async function endOfChain(
  connection: Connection,
): Promise<{ readonly seq: number; readonly last: ChainedEntry | undefined }> {
  const { lastSeq: seq } = await streamState(connection, AUDIT_STREAM);
  const stored = await storedMessage(connection, AUDIT_STREAM, seq);
  const entry: Partial<ChainedEntry> = stored ? JSON.parse(Buffer.from(stored.body).toString()) : {};
  const isChained = entry.n !== undefined && entry.hash !== undefined;
  return { seq, last: isChained ? (entry as ChainedEntry) : undefined };
}

/** Whether the newest entry is signed: one without a signature behind it is found by who verifies with a key. */
export async function isAuditSigned(connection: Connection): Promise<boolean> {
  const { last } = await endOfChain(connection);
  return last?.signature !== undefined;
}

/** One entry of who makes no others. */
export async function writeAudit(
  connection: Connection,
  entry: Omit<AuditEntry, 'at'>,
  signer?: SignHash,
): Promise<void> {
  const audit = createAudit(connection, signer);
  await audit.append(entry).finally(audit.close);
}

export type StoredEntry = AuditEntry & Partial<ChainedEntry> & { readonly seq: number };

/** What people did. @returns oldest first; `seq` is the place in the stream */
export async function readAudit(
  connection: Connection,
  options: { readonly since?: Date } = {},
): Promise<readonly StoredEntry[]> {
  return entriesIn(connection, { ...options, subject: PEOPLE_PATTERN });
}

/** The chain whole: what people did, and what was written down of other streams' records. */
export async function readChain(connection: Connection): Promise<readonly StoredEntry[]> {
  return entriesIn(connection, {});
}

async function entriesIn(connection: Connection, options: ListOptions): Promise<readonly StoredEntry[]> {
  const entries: StoredEntry[] = [];
  for await (const { seq, body } of storedMessages(connection, AUDIT_STREAM, options))
    entries.push({ ...(JSON.parse(Buffer.from(body).toString()) as AuditEntry), seq });
  return entries;
}
