/** The `[nats_bridge.signing]` section: with it, no request and no answer counts that was not signed by who may say it. */
import { readSigningSeed } from '@nats-bridge/messaging';
import type { Secret } from '@nats-bridge/protocol';
import { z } from 'zod';
import { listOf } from './list-of.js';
import { readableFile } from './readable-file.js';

const publicKey = z.string().regex(/^U[A-Z2-7]{55}$/, {
  error:
    'must be public user keys (U and 55 letters or digits), as `nats-bridge keys new --signing` prints them',
});

export const signingSchema = z.strictObject({
  /** Seeds of the bridges' user keys: the first signs, all are trusted. All bridges have the same. */
  seed_files: listOf(readableFile),
  /** Public user keys of the workers. */
  workers: listOf(publicKey),
  /** Of merchants whose workers have keys of their own: nobody else's workers can answer for them. */
  merchants: z.record(z.string(), listOf(publicKey)).default({}),
  /** false: answers without a signature are taken, too; for the time of a change. */
  required: z.boolean().default(true),
});

export type SigningConfig = {
  readonly seeds: readonly Secret<string>[];
  readonly workers: readonly string[];
  readonly merchants: Readonly<Record<string, readonly string[]>>;
  readonly required: boolean;
};

/**
 * Reads the seeds; undefined without the section: nothing is signed.
 * @throws TypeError that names the file, when it holds no seed of a user key
 */
export function signingConfigOf(
  section: z.output<typeof signingSchema> | undefined,
): SigningConfig | undefined {
  if (section === undefined) return undefined;
  const { seed_files, ...rest } = section;
  return { ...rest, seeds: seed_files.map(readSigningSeed) };
}
