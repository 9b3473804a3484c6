/** Why Prism's native library cannot be used here, and what to do about it. */

export type Machine = {
  /** As in `process.platform` and `process.arch`: `linux-x64`. */
  readonly platform: string;
  /** Version of the C library, `2.36`; undefined where it is not glibc. */
  readonly glibc: string | undefined;
};

const INSTEAD = 'or run a Prism server and name it with --target instead of --in-process';

export class NativeLibraryError extends Error {
  override readonly name = 'NativeLibraryError';
}

/** Turns what the loader said into what is missing and what to do. */
export function nativeLibraryError(cause: unknown, machine: Machine): NativeLibraryError {
  return new NativeLibraryError(explain(cause, machine), { cause });
}

function explain(cause: unknown, { platform, glibc }: Machine): string {
  const { message = String(cause), code } = (cause ?? {}) as { message?: string; code?: unknown };
  if (code === 'MODULE_NOT_FOUND')
    return `hyperswitch-prism is not installed: npm install hyperswitch-prism@0.4.0 (400 MB), ${INSTEAD}`;
  const needed = /version [`'"]GLIBC_([\d.]+)['"] not found/.exec(message)?.[1];
  if (needed !== undefined)
    return `Prism's native library needs glibc ${needed} or newer, and this machine has ${glibc ?? 'none'}: use a newer system (Debian 13, Ubuntu 24.04), ${INSTEAD}`;
  if (platform.startsWith('linux') && glibc === undefined)
    return `Prism's native library is built for glibc, and this system has another C library (Alpine's is musl): use an image with glibc 2.38 or newer, ${INSTEAD}`;
  if (/no such file|cannot open shared object|not found|could not find/i.test(message))
    return `hyperswitch-prism has no native library for ${platform}: it has linux-x64, linux-arm64 and darwin-arm64; use one of these, ${INSTEAD}`;
  return `Prism's native library does not load on ${platform}: ${message}; ${INSTEAD}`;
}
