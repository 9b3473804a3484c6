/** Reads the chain of the audit, as it stands in NATS. */
import {
  type Connection,
  type ListOptions,
  storedMessage,
  storedMessages,
  streamState,
} from '@nats-bridge/messaging';
import {
  AUDIT_STREAM,
  type AuditEntry,
  type ChainedEntry,
  isAuditEntry,
  isChainedEntry,
  PEOPLE_PATTERN,
} from '@nats-bridge/protocol';

/** Entries from before there was a chain have no place in it. */
export type ReadEntry = AuditEntry & Partial<ChainedEntry>;

/** `seq` is the place in the stream. */
export type StoredEntry = ReadEntry & { readonly seq: number };

/** @returns undefined for what is no entry, and so no part of a chain: verifying says that it breaks there */
export function parseEntry(text: string): ReadEntry | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isAuditEntry(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Oldest first, whatever is stored there. */
export async function* storedEntries(
  connection: Connection,
  options: ListOptions = {},
): AsyncGenerator<{
  readonly seq: number;
  readonly storedAt: Date;
  readonly entry: ReadEntry | undefined;
}> {
  for await (const { seq, storedAt, body } of storedMessages(connection, AUDIT_STREAM, options))
    yield { seq, storedAt, entry: parseEntry(Buffer.from(body).toString()) };
}

/** What people did. @returns oldest first, without what is no entry */
export async function readAudit(
  connection: Connection,
  options: { readonly since?: Date } = {},
): Promise<readonly StoredEntry[]> {
  const entries: StoredEntry[] = [];
  for await (const { seq, entry } of storedEntries(connection, { ...options, subject: PEOPLE_PATTERN }))
    if (entry !== undefined) entries.push({ ...entry, seq });
  return entries;
}

/**
 * The chain whole: what people did, and what was written down of other streams' records.
 *
 * @returns oldest first; undefined stands for what is no entry
 */
export async function readChain(connection: Connection): Promise<readonly (ReadEntry | undefined)[]> {
  const entries: (ReadEntry | undefined)[] = [];
  for await (const { entry } of storedEntries(connection)) entries.push(entry);
  return entries;
}

/**
 * What the next entry is written behind: `seq` is the stream's last message, `last` the newest entry that is part of
 * the chain. What is no part of it is passed over, as by who verifies: people can go on acting, and as no number is
 * given twice, the break shows at its place alone and for as long as it is stored.
 */
export async function endOfChain(
  connection: Connection,
): Promise<{ readonly seq: number; readonly last: ChainedEntry | undefined }> {
  const { firstSeq, lastSeq } = await streamState(connection, AUDIT_STREAM);
  for (let seq = lastSeq; seq >= firstSeq; seq--) {
    const stored = await storedMessage(connection, AUDIT_STREAM, seq);
    const last = stored && parseEntry(Buffer.from(stored.body).toString());
    if (isChainedEntry(last)) return { seq: lastSeq, last };
  }
  return { seq: lastSeq, last: undefined };
}

/** Whether the newest entry is signed: one without a signature behind it is found by who verifies with a key. */
export async function isAuditSigned(connection: Connection): Promise<boolean> {
  const { last } = await endOfChain(connection);
  return last?.signature !== undefined;
}
