/** What people did, written down before it is done: an action that cannot be written down does not happen. */
import { type Connection, createRecordWriter, storedMessages } from '@nats-bridge/messaging';
import { AUDIT_STREAM, auditSubject } from '@nats-bridge/protocol';

export type AuditEntry = {
  readonly action: string;
  readonly who: string;
  readonly why: string;
  /** What it was done to; ids and numbers, never payment data. */
  readonly what: Readonly<Record<string, string | number | undefined>>;
  readonly at: string;
};

export type Audit = {
  /** @throws what the stream throws when it does not keep the entry */
  append(entry: Omit<AuditEntry, 'at'>): Promise<void>;
  close(): void;
};

export function createAudit(connection: Connection, now = Date.now): Audit {
  const writer = createRecordWriter(connection);
  return {
    async append(entry) {
      const dated: AuditEntry = { ...entry, at: new Date(now()).toISOString() };
      await writer.write(auditSubject(entry.action), Buffer.from(JSON.stringify(dated)), {
        'Content-Type': 'application/json',
      });
    },
    close: () => writer.close(),
  };
}

/** One entry of who makes no others. */
export async function writeAudit(connection: Connection, entry: Omit<AuditEntry, 'at'>): Promise<void> {
  const audit = createAudit(connection);
  await audit.append(entry).finally(audit.close);
}

/** @returns oldest first; `at` is what the writer said, `seq` the place in the stream */
export async function readAudit(
  connection: Connection,
  options: { readonly since?: Date } = {},
): Promise<readonly (AuditEntry & { readonly seq: number })[]> {
  const entries: (AuditEntry & { seq: number })[] = [];
  for await (const { seq, body } of storedMessages(connection, AUDIT_STREAM, options))
    entries.push({ ...(JSON.parse(Buffer.from(body).toString()) as AuditEntry), seq });
  return entries;
}
