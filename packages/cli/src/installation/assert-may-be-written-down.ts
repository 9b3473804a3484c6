/** Whether an act may be written into the audit of an installation, before it is done. */
import { isAuditSigned, type NatsBridge } from '@nats-bridge/connector';

/** @throws Error where the audit is signed, and not by who asks */
export async function assertMayBeWrittenDown({ auditSigner, connection }: NatsBridge): Promise<void> {
  if (auditSigner !== undefined || !(await isAuditSigned(connection))) return;
  throw new Error(
    'the audit here is signed, and this configuration has no key for it: an entry without a signature would not verify. Nothing was changed: use the admin API or the console, or set nats_bridge.audit.seed_file',
  );
}
