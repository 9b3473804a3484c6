/** Reads the chain of the audit through, as it stands in NATS. */
import { type Connection, storedMessages, verifySignature } from '@nats-bridge/messaging';
import { AUDIT_STREAM, type ChainReport, createChainVerifier } from '@nats-bridge/protocol';
import { createGiveTurns } from '../give-turns.js';

export type AuditVerification = ChainReport & {
  /** When the last entry was stored, by the server's clock; undefined without one. */
  readonly until: Date | undefined;
};

/**
 * Whether it is whole: signatures must fit their keys, whoever has them. Holds a few hundred entries at once.
 *
 * @throws when the stream cannot be read
 */
export async function verifyAudit(connection: Connection): Promise<AuditVerification> {
  const chain = createChainVerifier({ verify: verifySignature });
  let until: Date | undefined;
  const giveTurns = createGiveTurns();
  for await (const { body, storedAt } of storedMessages(connection, AUDIT_STREAM)) {
    chain.add(entryIn(body));
    until = storedAt;
    await giveTurns();
  }
  return { ...chain.report(), until };
}

/** What is no JSON is an entry that cannot be read, and so no part of a chain. */
function entryIn(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString());
  } catch {
    return undefined;
  }
}
