/** Where `nats-bridge up` runs here, its NATS server and the token it made, for the commands of the same person while it runs. */
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

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
};

function fileOf(): string {
  return join(process.env.XDG_STATE_HOME ?? join(homedir(), '.local/state'), 'nats-bridge', 'up.json');
}

/** Readable by its owner only. @returns what takes it away again, unless another `up` has taken its place */
export function writeSession(session: UpSession): () => void {
  const file = fileOf();
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(file, JSON.stringify(session), { mode: 0o600 });
  chmodSync(file, 0o600); // also where it was there before
  return () => {
    if (readSession()?.pid === session.pid) rmSync(file, { force: true });
  };
}

/** @returns undefined where none runs */
export function readSession(): UpSession | undefined {
  try {
    const session = JSON.parse(readFileSync(fileOf(), 'utf8')) as UpSession;
    process.kill(session.pid, 0); // one that was killed leaves its file
    return session;
  } catch {
    return undefined;
  }
}
