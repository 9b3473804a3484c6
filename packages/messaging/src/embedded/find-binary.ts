/** Finds an executable nats-server and asks it its version. */
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { RunCommand } from './run-command.js';

/** A nats-server that answered when asked for its version. */
export type NatsServerBinary = {
  readonly path: string;
  /** Like `2.15.2`. */
  readonly version: string;
};

/** The first file of that name in the folders of a PATH that may be executed. */
export async function findOnPath(name: string, searchPath: string): Promise<string | undefined> {
  for (const folder of searchPath.split(delimiter).filter((part) => part !== '')) {
    const candidate = join(folder, name);
    if (await isExecutable(candidate)) return candidate;
  }
  return undefined;
}

/** Undefined when there is no such file or it is not a nats-server. */
export async function probeNatsServer(path: string, run: RunCommand): Promise<NatsServerBinary | undefined> {
  if (!(await isExecutable(path))) return undefined;
  const { status, stdout } = await run(path, ['--version'], { timeoutMs: 10_000 });
  const version = /nats-server: v(\d+\.\d+\.\d+\S*)/.exec(stdout)?.[1];
  return status === 0 && version !== undefined ? { path, version } : undefined;
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
