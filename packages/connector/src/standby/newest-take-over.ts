/** The take-over that the audit of another region had last; one that was finished by a restore is audited as that. */
import { type Connection, PermissionDeniedError, saysDenied, saysNothingThere } from '@nats-bridge/messaging';
import { AUDIT_STREAM, type AuditEntry, auditSubject } from '@nats-bridge/protocol';
import { parseEntry } from '../audit/read-audit.js';
import { ownerOnly } from '../backup/create-backup.js';
import { managerOfDomain } from './primary.js';

/**
 * @param domain JetStream domain of the other region
 * @returns undefined when it never took over from anybody, as far as its audit goes back
 * @throws Error that says who may, where these credentials may not ask
 */
export async function newestTakeOver(
  connection: Connection,
  domain: string,
): Promise<AuditEntry | undefined> {
  const manager = await managerOfDomain(connection, domain);
  let newest: { readonly seq: number; readonly entry: AuditEntry } | undefined;
  for (const action of ['take_over', 'restore']) {
    const found = await manager.streams
      .getMessage(AUDIT_STREAM, { last_by_subj: auditSubject(action) })
      .catch((error: unknown) => {
        if (saysNothingThere(error)) return null;
        if (!saysDenied(error)) throw error;
        const subject = `$JS.${domain}.API.STREAM.MSG.GET.${AUDIT_STREAM}`;
        throw ownerOnly(new PermissionDeniedError('publish', subject, { cause: error }), 'mirrors');
      });
    if (found === null || found.seq < (newest?.seq ?? 0)) continue;
    const entry = parseEntry(found.string());
    if (entry?.what.primary !== undefined) newest = { seq: found.seq, entry };
  }
  return newest?.entry;
}
