/** The `[nats_bridge.sealing]` section: with it, nobody but bridges and workers can read what travels. */
import { readSeed } from '@nats-bridge/messaging';
import type { Secret } from '@nats-bridge/protocol';
import { z } from 'zod';
import { listOf } from './list-of.js';
import { readableFile } from './readable-file.js';

const publicKey = z.string().regex(/^X[A-Z2-7]{55}$/, {
  error: 'must be public curve keys (X and 55 letters or digits), as `nats-bridge keys new` prints them',
});

export const sealingSchema = z.strictObject({
  /** Seeds of the bridges' curve keys: the first seals, all open. All bridges have the same. */
  seed_files: listOf(readableFile),
  /** Public curve keys of the workers. */
  workers: listOf(publicKey),
  /** Of merchants whose workers have keys of their own: nobody else's workers can read their payments. */
  merchants: z.record(z.string(), listOf(publicKey)).default({}),
  /** false: answers in clear are taken, too; for the time of a change. */
  required: z.boolean().default(true),
});

export type SealingConfig = {
  readonly seeds: readonly Secret<string>[];
  readonly workers: readonly string[];
  readonly merchants: Readonly<Record<string, readonly string[]>>;
  readonly required: boolean;
};

/** Reads the seeds; undefined without the section: nothing is sealed. */
export function sealingConfigOf(
  section: z.output<typeof sealingSchema> | undefined,
): SealingConfig | undefined {
  if (section === undefined) return undefined;
  const { seed_files, ...rest } = section;
  return { ...rest, seeds: seed_files.map(readSeed) };
}
