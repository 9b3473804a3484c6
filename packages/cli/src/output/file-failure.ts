/** What the system says of a file or folder that a command was given, in words. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'this user may not use it',
  EPERM: 'this user may not use it',
  EISDIR: 'it is a folder, and no file',
  ENOTDIR: 'something on the way to it is no folder',
  EEXIST: 'it is there already',
  EROFS: 'nothing can be written there',
  ENOSPC: 'there is no room left',
};

/** @returns undefined where the error is no such one, or says it in other words */
export function fileFailure(error: unknown): string | undefined {
  const { code = '', path, message } = error as NodeJS.ErrnoException;
  const reason = REASONS[code];
  if (reason === undefined || path === undefined || !message.startsWith(`${code}: `)) return undefined;
  return `${path}: ${reason} (${code})`;
}
