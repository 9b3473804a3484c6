/** The `[nats_bridge.audit]` section: with whose key what people did is signed. */
import { readFileSync } from 'node:fs';
import { createSigner, type Signer } from '@nats-bridge/messaging';
import { Secret } from '@nats-bridge/protocol';
import { z } from 'zod';
import { readableFile } from './readable-file.js';

export const auditSchema = z
  .strictObject({
    /** Seed of an NKEY (`SU…`), as `nats-bridge audit new-key` writes it; left out: entries are chained, and not signed. */
    seed_file: readableFile.optional(),
  })
  .prefault({});

/** @throws Error that names the file, when it holds no such seed */
export function auditSignerOf({ seed_file }: z.output<typeof auditSchema>): Signer | undefined {
  if (seed_file === undefined) return undefined;
  try {
    return createSigner(new Secret(readFileSync(seed_file, 'utf8').trim()));
  } catch {
    throw new Error(`nats_bridge.audit.seed_file: ${seed_file} holds no seed of a user key (SU…)`);
  }
}
