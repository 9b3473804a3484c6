/** A folder that somebody names, with those above it that are missing. */
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { ValidationError } from './bridge-error.js';

/**
 * Node's own, `recursive`, goes round for ever where a folder is there and takes no other, as /proc.
 * @param options `mode` of those that are made: default 0o777 without what the umask takes; one that is there keeps its own
 * @throws ValidationError that names the one that cannot be made
 */
export function makeFolder(folder: string, options: { readonly mode?: number } = {}): void {
  const path = resolve(folder);
  if (isFolder(path)) return;
  if (!existsSync(path)) makeFolder(dirname(path), options);
  try {
    mkdirSync(path, options);
  } catch (cause) {
    if (isFolder(path)) return; // another process was faster
    const { code } = cause as NodeJS.ErrnoException;
    throw new ValidationError(
      `the folder ${path} cannot be made (${code}): choose one below a folder that this user may write to`,
      { cause },
    );
  }
}

function isFolder(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory();
}
