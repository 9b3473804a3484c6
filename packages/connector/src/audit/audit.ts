/** What people did, written down before it is done: an action that cannot be written down does not happen. */
import {
  type Connection,
  createRecordWriter,
  StoreRefusedError,
  storedMessages,
  streamState,
} from '@nats-bridge/messaging';
import {
  AUDIT_STREAM,
  type AuditEntry,
  auditSubject,
  type ChainedEntry,
  chainEntry,
  type SignHash,
} from '@nats-bridge/protocol';

export type Audit = {
  /** Adds it to the end of the chain. @throws what the stream throws when it does not keep the entry */
  append(entry: Omit<AuditEntry, 'at'>): Promise<void>;
  close(): void;
};

const EXPECTED_SEQ = 'Nats-Expected-Last-Sequence';
/** `wrong last sequence` (nats-server errors.json). */
const WRONG_LAST_SEQUENCE = 10071;
/** Others were quicker so often in a row. */
const MOST_TRIES = 50;

export function createAudit(connection: Connection, signer?: SignHash, now = Date.now): Audit {
  const writer = createRecordWriter(connection);
  return {
    async append(entry) {
      for (let tries = 1; ; tries++) {
        const { seq, last } = await endOfChain(connection);
        const chained = chainEntry({ ...entry, at: new Date(now()).toISOString() }, last, signer);
        try {
          await writer.write(auditSubject(entry.action), Buffer.from(JSON.stringify(chained)), {
            'Content-Type': 'application/json',
            [EXPECTED_SEQ]: String(seq),
          });
          return;
        } catch (error) {
          const isOvertaken = error instanceof StoreRefusedError && error.natsCode === WRONG_LAST_SEQUENCE;
          if (!isOvertaken || tries >= MOST_TRIES) throw error;
        }
      }
    },
    close: () => writer.close(),
  };
}

/** Entries from before there was a chain are followed by its first. */
async function endOfChain(
  connection: Connection,
): Promise<{ readonly seq: number; readonly last: ChainedEntry | undefined }> {
  const { lastSeq: seq } = await streamState(connection, AUDIT_STREAM);
  let last: ChainedEntry | undefined;
  if (seq > 0)
    for await (const { body } of storedMessages(connection, AUDIT_STREAM, { fromSeq: seq })) {
      const entry = JSON.parse(Buffer.from(body).toString()) as Partial<ChainedEntry>;
      if (entry.n !== undefined && entry.hash !== undefined) last = entry as ChainedEntry;
      break;
    }
  return { seq, last };
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

/** @returns oldest first; `seq` is the place in the stream */
export async function readAudit(
  connection: Connection,
  options: { readonly since?: Date } = {},
): Promise<readonly (AuditEntry & Partial<ChainedEntry> & { readonly seq: number })[]> {
  const entries: (AuditEntry & Partial<ChainedEntry> & { seq: number })[] = [];
  for await (const { seq, body } of storedMessages(connection, AUDIT_STREAM, options))
    entries.push({ ...(JSON.parse(Buffer.from(body).toString()) as AuditEntry), seq });
  return entries;
}
