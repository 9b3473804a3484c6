/** Where each `nats-bridge up` runs here, its NATS server and the token it made, for the commands of the same person while it runs. */
import { chmodSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { makeFolder } from '@nats-bridge/protocol';

export type UpSession = {
  readonly natsUrl: string;
  /** Of the NATS server, where it is known. */
  readonly monitorUrl?: string;
  /** Address of the gRPC door. */
  readonly grpcUrl: string;
  /** Origin of the HTTP door. */
  readonly url: string;
  /** undefined where the configuration names who may use the admin API. */
  readonly token?: string;
  readonly pid: number;
  /** Where the embedded server keeps its streams; undefined where the configuration names a server. */
  readonly storeDir?: string;
};

/** One file for each process, named after it. */
function folderOf(): string {
  return join(process.env.XDG_STATE_HOME ?? join(homedir(), '.local/state'), 'nats-bridge', 'up');
}

/** Readable by its owner only. @returns what takes it away again */
export function writeSession(session: UpSession): () => void {
  makeFolder(folderOf(), { mode: 0o700 });
  const file = join(folderOf(), `${session.pid}.json`);
  writeFileSync(file, JSON.stringify(session), { mode: 0o600 });
  chmodSync(file, 0o600); // also where a process of this id was killed
  return () => rmSync(file, { force: true });
}

/** Of those that run, the one that was started last. @returns undefined where none runs */
export function readSession(): UpSession | undefined {
  return sessionsHere()[0];
}

/** The one that has its streams there. @returns undefined where none runs */
export function sessionIn(storeDir: string): UpSession | undefined {
  return sessionsHere().find((session) => session.storeDir === storeDir);
}

/** The one that was started last is the first. */
function sessionsHere(): UpSession[] {
  return filesOfLiving()
    .sort((a, b) => b.writtenAt - a.writtenAt)
    .flatMap(({ file }) => parsed(file) ?? []);
}

/** One that was killed leaves its file, which is taken away here. */
function filesOfLiving(): { readonly file: string; readonly writtenAt: number }[] {
  return namesIn(folderOf()).flatMap((name) => {
    const file = join(folderOf(), name);
    if (isAlive(Number.parseInt(name, 10))) {
      const written = statSync(file, { throwIfNoEntry: false });
      return written === undefined ? [] : [{ file, writtenAt: written.mtimeMs }];
    }
    rmSync(file, { force: true });
    return [];
  });
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => /^\d+\.json$/.test(name));
  } catch {
    return []; // none has ever run here
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function parsed(file: string): UpSession | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as UpSession;
  } catch {
    return undefined; // it has just ended
  }
}
