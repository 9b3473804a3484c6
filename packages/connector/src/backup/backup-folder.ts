/** Backups in a folder: each a folder of its own, which has its name only once it is whole. */
import { constants } from 'node:fs';
import { access, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { makeFolder } from '@nats-bridge/protocol';
import { type BackupManifest, MANIFEST_FILE, parseManifest } from './manifest.js';

/** Before a backup is whole; what has this name and is not being written was given up. */
const UNFINISHED = '.unfinished';
const OWNER_ONLY = { folder: 0o700, file: 0o600 };

export type NewBackup = {
  readonly id: string;
  /** A file of its owner alone; its folder is made. */
  create(path: string): Promise<NewFile>;
  /** Gives it its name. After this it is there, whatever happens. */
  finish(): Promise<string>;
  /** Takes away what was written. */
  giveUp(): Promise<void>;
};

export type NewFile = {
  write(part: Uint8Array | string): Promise<void>;
  /** On disk when this resolves. */
  close(): Promise<void>;
};

/** @param id sorts by time. @throws Error when there is one of this name, or the folder cannot be written to */
export async function beginBackup(folder: string, id: string): Promise<NewBackup> {
  const target = join(folder, id);
  const partial = `${target}${UNFINISHED}`;
  makeFolder(folder, { mode: OWNER_ONLY.folder });
  const isThere = await access(target).then(
    () => true,
    () => false,
  );
  if (isThere) throw new Error(`${target} is there already: nothing is overwritten`);
  await mkdir(partial, { mode: OWNER_ONLY.folder });
  const folders = new Set([partial]);
  return {
    id,
    async create(path) {
      const file = join(partial, path);
      makeFolder(dirname(file), { mode: OWNER_ONLY.folder });
      folders.add(dirname(file));
      const handle = await open(file, 'wx', OWNER_ONLY.file);
      return {
        write: async (part) => {
          await handle.writeFile(part);
        },
        async close() {
          await handle.sync();
          await handle.close();
        },
      };
    },
    async finish() {
      for (const one of folders) await syncFolder(one);
      await rename(partial, target);
      await syncFolder(folder);
      return target;
    },
    giveUp: () => rm(partial, { recursive: true, force: true }),
  };
}

/** A name is on disk once its folder is. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY);
  await handle.sync().finally(() => handle.close());
}

export type BackupEntry = {
  /** Of its folder. */
  readonly name: string;
  readonly path: string;
} & (
  | { readonly manifest: BackupManifest }
  /** Why it is no backup that could be restored. */
  | { readonly why: string }
);

/** Oldest first; what is no backup, and never was to be one, is passed over. @throws Error when there is no such folder */
export async function listBackups(folder: string): Promise<readonly BackupEntry[]> {
  const names = (await readFolder(folder)).filter((name) => ID.test(name.replace(UNFINISHED, '')));
  return Promise.all(names.sort().map((name) => entryOf(join(folder, name))));
}

/** @throws Error when it is no backup, or not a whole one */
export async function readBackup(path: string): Promise<BackupManifest> {
  const entry = await entryOf(path);
  if ('manifest' in entry) return entry.manifest;
  const below = await listBackups(path).catch(() => []);
  const newest = below.findLast((backup) => 'manifest' in backup);
  const such = newest === undefined ? '' : `, such as ${newest.path}`;
  throw new Error(`${path} is no backup that could be used: ${entry.why}${such}`);
}

/** Takes the oldest whole ones away, until `keep` are left. @returns their names */
export async function removeOldest(folder: string, keep: number): Promise<readonly string[]> {
  const whole = (await listBackups(folder)).filter((entry) => 'manifest' in entry);
  const old = whole.slice(0, Math.max(0, whole.length - keep));
  for (const { path } of old) await rm(path, { recursive: true });
  return old.map(({ name }) => name);
}

/** UTC, without what a file name may not have: `2026-11-29T10-52-12.000Z`. */
export function backupId(at: Date): string {
  return at.toISOString().replaceAll(':', '-');
}

const ID = /^\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2}\.\d{3}Z$/;

async function entryOf(path: string): Promise<BackupEntry> {
  const name = basename(path);
  if (name.endsWith(UNFINISHED))
    return { name, path, why: 'it was never finished: it is being written, or may be deleted' };
  try {
    const manifest = parseManifest(await readFile(join(path, MANIFEST_FILE), 'utf8'));
    return 'why' in manifest
      ? { name, path, why: `its ${MANIFEST_FILE} cannot be read: ${manifest.why}` }
      : { name, path, manifest };
  } catch (error) {
    const why = isMissing(error)
      ? `there is no ${MANIFEST_FILE} there: give the folder of one backup`
      : `its ${MANIFEST_FILE} cannot be read: ${(error as Error).message}`;
    return { name, path, why };
  }
}

async function readFolder(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (cause) {
    if (isMissing(cause))
      throw new Error(`there is no folder ${folder}: nats-bridge backup create makes it`, { cause });
    throw new Error(`${folder} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}
