/** What people did, written down before it is done: an action that cannot be written down does not happen. */
import { type Connection, createRecordWriter } from '@nats-bridge/messaging';
import { auditSubject } from '@nats-bridge/protocol';

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
