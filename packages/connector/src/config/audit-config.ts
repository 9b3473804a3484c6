/** The `[nats_bridge.audit]` section: with whose key entries are signed, and what is written down of payments. */
import { createSigner, readSeed, type Signer } from '@nats-bridge/messaging';
import { z } from 'zod';
import { duration } from './duration.js';
import { readableFile } from './readable-file.js';

export const auditSchema = z
  .strictObject({
    /** Seed of an NKEY (`SU…`), as `nats-bridge audit new-key` writes it; left out: entries are chained, and not signed. */
    seed_file: readableFile.optional(),
    /** How long entries stay. Left out: `jetstream.max_age`. */
    max_age: duration.optional(),
    /** Whether a digest of every record of a payment is put into the chain. */
    records: z.boolean().default(true),
    /** How often, in milliseconds: what is younger can be changed without a trace. */
    records_every_ms: z
      .int({ error: 'must be a whole number of milliseconds from 100 to 3600000' })
      .min(100)
      .max(3_600_000)
      .default(5_000),
  })
  .prefault({});

/** @throws Error that names the file, when it holds no such seed */
export function auditSignerOf({ seed_file }: z.output<typeof auditSchema>): Signer | undefined {
  if (seed_file === undefined) return undefined;
  try {
    return createSigner(readSeed(seed_file));
  } catch {
    throw new Error(`nats_bridge.audit.seed_file: ${seed_file} holds no seed of a user key (SU…)`);
  }
}
