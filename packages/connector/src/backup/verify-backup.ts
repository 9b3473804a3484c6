/** Whether the files of a backup are what its manifest says. Needs no server. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { readBackup } from './backup-folder.js';
import type { BackupManifest, StreamInBackup } from './manifest.js';

export type BackupReport = {
  readonly path: string;
  readonly manifest: BackupManifest;
  readonly ok: boolean;
  /** By stream, what is wrong with its file. */
  readonly problems: readonly { readonly stream: string; readonly why: string }[];
};

/** @throws Error when it is no backup, or its manifest cannot be read */
export async function verifyBackup(path: string): Promise<BackupReport> {
  const manifest = await readBackup(path);
  const problems: { stream: string; why: string }[] = [];
  for (const stream of manifest.streams) {
    const why = await problemOf(path, stream);
    if (why !== undefined) problems.push({ stream: stream.config.name, why });
  }
  return { path, manifest, ok: problems.length === 0, problems };
}

async function problemOf(path: string, { file, bytes, sha256 }: StreamInBackup): Promise<string | undefined> {
  const hash = createHash('sha256');
  let found = 0;
  try {
    for await (const part of createReadStream(join(path, file)) as AsyncIterable<Buffer>) {
      hash.update(part);
      found += part.byteLength;
    }
  } catch (error) {
    return `its file cannot be read: ${(error as Error).message}`;
  }
  if (found !== bytes) return `its file has ${found} bytes, and was written with ${bytes}`;
  return hash.digest('hex') === sha256 ? undefined : 'its file is not what was written: its SHA-256 differs';
}
