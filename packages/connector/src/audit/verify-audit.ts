/** Reads the chain of the audit through, as it stands in NATS. */
import { type Connection, verifySignature } from '@nats-bridge/messaging';
import { type ChainReport, createChainVerifier } from '@nats-bridge/protocol';
import { createGiveTurns } from '../pacing/give-turns.js';
import { storedEntries } from './read-audit.js';

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
  for await (const { entry, storedAt } of storedEntries(connection)) {
    chain.add(entry);
    until = storedAt;
    await giveTurns();
  }
  return { ...chain.report(), until };
}
