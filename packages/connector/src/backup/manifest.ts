/** What a backup says of itself: `manifest.json`, written last. */
import { z } from 'zod';

/** As the server says them; what is not named here is kept, too. */
const streamConfig = z.looseObject({
  name: z.string().regex(/^[^\s.*>/\\]+$/),
  num_replicas: z.int().min(1),
});
const streamState = z.looseObject({
  messages: z.int().min(0),
  first_seq: z.int().min(0),
  last_seq: z.int().min(0),
});
const time = z.iso.datetime();

const manifestSchema = z.object({
  /** Of this layout; another one is refused. */
  format: z.literal(1),
  /** The name of its folder. */
  id: z.string(),
  /** What was stored before is in it; what was stored after `endedAt` is not, and what came in between may be. */
  begunAt: time,
  endedAt: time,
  /** Name and version of what wrote it. */
  tool: z.string(),
  server: z.object({ version: z.string() }),
  /** JetStream domain of the region that the streams were mirrors of, where a take-over made it. */
  mirrorOf: z.string().optional(),
  /** JetStream domain of the region that had taken over, where the streams were given up to it. */
  givenUpTo: z.string().optional(),
  /** Of `nats_bridge`, when it was written: without sealing, bodies stand in it in clear. */
  isSealed: z.boolean(),
  /** Its newest audit entry has a signature: a restore has to sign its own. */
  isAuditSigned: z.boolean(),
  /** Made anew by a restore, and empty. */
  workStream: z.object({ config: streamConfig, lastSeq: z.int().min(0) }),
  streams: z.array(
    z.object({
      config: streamConfig,
      state: streamState,
      /** Below the backup's folder. */
      file: z.string(),
      bytes: z.int().min(0),
      /** Hexadecimal. */
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
    }),
  ),
  leftOut: z.array(z.object({ stream: z.string(), why: z.string() })),
});

export type BackupManifest = z.output<typeof manifestSchema>;
export type StreamInBackup = BackupManifest['streams'][number];

export const MANIFEST_FILE = 'manifest.json';
/** The names that `nats stream restore` looks for in the folder of a stream. */
const ARCHIVE_FILE = 'stream.tar.s2';
export const ABOUT_FILE = 'backup.json';

/** @returns why it is none, where it is none */
export function parseManifest(text: string): BackupManifest | { readonly why: string } {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { why: 'it is no JSON' };
  }
  const parsed = manifestSchema.safeParse(json);
  if (parsed.success) {
    const astray = parsed.data.streams.find(({ config, file }) => file !== archivePath(config.name));
    return astray === undefined
      ? parsed.data
      : { why: `${astray.config.name} is said to be in another file` };
  }
  const [issue] = parsed.error.issues;
  return { why: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'unreadable'}` };
}

export function archivePath(stream: string): string {
  return `${stream}/${ARCHIVE_FILE}`;
}
