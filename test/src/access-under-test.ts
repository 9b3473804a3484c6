/** A real nats-server under a generated configuration, and connections with its generated credentials. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type AccessState,
  credentialsFile,
  DEFAULT_LAYOUT,
  DOMAIN,
  type NewWorker,
  type Proof,
  withWorker,
  writeAccess,
  writeServerConfig,
} from '@nats-bridge/access';
import {
  type Connection,
  createConnection,
  type NatsCredentials,
  obtainNatsServer,
} from '@nats-bridge/messaging';
import { Secret } from '@nats-bridge/protocol';
import { until } from './until.js';

export type AccessUnderTest = {
  readonly dir: string;
  readonly url: string;
  /** Of its HTTP monitoring. */
  readonly monitorUrl: string;
  readonly state: AccessState;
  /** Reads the credentials at each connect, as a program with a credentials file does. */
  connect(name: string, jetstreamDomain?: string): Connection;
  /** Takes another state, and has the server read it. */
  change(state: AccessState): Promise<void>;
  /** Has the server read its configuration again. */
  reload(): Promise<void>;
  log(): string;
  close(): Promise<void>;
};

export async function startAccess(
  proof: Proof,
  workers: readonly NewWorker[],
  pools: AccessState['pools'] = {},
): Promise<AccessUnderTest> {
  const dir = mkdtempSync(join(tmpdir(), 'nats-bridge-access-'));
  let state: AccessState = { proof, layout: DEFAULT_LAYOUT, pools, workers: [] };
  for (const worker of workers) state = withWorker(state, worker);
  await writeAccess(dir, state);
  writeServerConfig(dir, '127.0.0.1:-1', '127.0.0.1:-1');
  const config = join(dir, 'nats-server.conf');
  const logFile = join(dir, 'nats-server.log');
  const forTests = `ports_file_dir: ${JSON.stringify(dir)}\nlog_file: ${JSON.stringify(logFile)}\n`;
  writeFileSync(config, forTests + readFileSync(config, 'utf8').replace('sync_interval: always', ''));
  const { path } = await obtainNatsServer();
  const server = spawn(path, ['-c', config], { stdio: 'ignore' });
  const log = () => readFileSync(logFile, 'utf8');
  const { url, monitorUrl } = await until('the server takes connections', () => {
    if (server.exitCode !== null) throw new Error(`nats-server ended: ${log()}`);
    const file = readdirSync(dir).find((name) => name.endsWith('.ports'));
    return file === undefined ? undefined : urlsIn(readFileSync(join(dir, file), 'utf8'));
  });
  const connections: Connection[] = [];

  async function reload(): Promise<void> {
    const reloads = count(log());
    server.kill('SIGHUP');
    await until('the configuration is read again', () => {
      if (log().includes('Failed to reload')) throw new Error(`the server does not take it: ${log()}`);
      return count(log()) > reloads ? true : undefined;
    });
  }

  return {
    dir,
    url,
    monitorUrl,
    get state() {
      return state;
    },
    connect(name, jetstreamDomain = name === 'bridge' ? undefined : DOMAIN) {
      const credentials = credentialsOf(proof, name, credentialsFile(dir, state, name));
      const connection = createConnection({
        servers: url,
        name,
        credentials,
        jetstreamDomain,
        maxReconnects: -1,
        reconnectBackoff: { initialMs: 20, maxMs: 100 },
      });
      connections.push(connection);
      return connection;
    },
    async change(changed) {
      state = changed;
      await writeAccess(dir, state);
      await reload();
    },
    reload,
    log,
    async close() {
      for (const connection of connections) await connection.close();
      await end(server);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Of every kind, from the file as it is at that moment. */
export function credentialsOf(proof: Proof, user: string, file: string): NatsCredentials {
  if (proof === 'jwt') return { kind: 'creds', credsFile: file };
  if (proof === 'nkeys') return { kind: 'nkey', nkeyFile: file };
  return { kind: 'user', user, password: new Secret(readFileSync(file, 'utf8').trim()) };
}

function urlsIn(ports: string): { url: string; monitorUrl: string } | undefined {
  try {
    const { nats, monitoring } = JSON.parse(ports) as { nats: [string]; monitoring: [string] };
    return { url: nats[0], monitorUrl: monitoring[0] };
  } catch {
    return undefined; // half written
  }
}

function count(log: string): number {
  return log.split('Reloaded server configuration').length;
}

async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null) return;
  const ended = once(server, 'exit');
  // In order takes it half a second more, for a store that nobody reads again.
  server.kill('SIGKILL');
  await ended;
}
