/** Keeps two servers from running on one store folder, which would corrupt it. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EmbeddedServerError } from './embedded-server-error.js';

const PID_FILE = 'nats-server.pid';

/**
 * Without a pid: checks that no living nats-server owns the folder. With one: notes it as the owner.
 * @throws EmbeddedServerError naming the process to stop
 */
export async function claimStore(storeDir: string, pid?: number): Promise<void> {
  const file = join(storeDir, PID_FILE);
  if (pid !== undefined) {
    await writeFile(file, String(pid));
    return;
  }
  const owner = Number(await readFile(file, 'utf8').catch(() => ''));
  if (owner > 0 && (await isNatsServer(owner))) {
    throw new EmbeddedServerError(
      `the store ${storeDir} is in use by nats-server with process id ${owner}: stop that one, or use another folder`,
    );
  }
}

export async function releaseStore(storeDir: string): Promise<void> {
  await rm(join(storeDir, PID_FILE), { force: true });
}

async function isNatsServer(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  if (process.platform !== 'linux') return true;
  const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '');
  return name.startsWith('nats-server');
}
