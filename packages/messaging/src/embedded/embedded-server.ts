/** Runs a real nats-server as a child of this process, for development, tests and single-machine use. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { makeFolder } from '@nats-bridge/protocol';
import { claimStore, releaseStore } from './claim-store.js';
import { EmbeddedServerError } from './embedded-server-error.js';
import { probeNatsServer } from './find-binary.js';
import { obtainNatsServer } from './obtain-nats-server.js';
import { runCommand } from './run-command.js';
import { renderServerConfig } from './server-config.js';
import { type ServerProcess, spawnServer } from './server-process.js';

export type EmbeddedServerOptions = {
  /** Where streams live; made when missing. One running server per folder. */
  readonly storeDir: string;
  /** Default 0: any free port. */
  readonly port?: number;
  /** Default 127.0.0.1: reachable from this machine only. */
  readonly host?: string;
  /** Default true. */
  readonly jetstream?: boolean;
  /** Default `always`: acknowledged means on disk. */
  readonly syncInterval?: 'always' | '2m';
  /** Default: the server's, 1 MiB. */
  readonly maxPayloadBytes?: number;
  /** More of its configuration, in nats-server's own language: TLS, users, a cluster. */
  readonly configuration?: string;
  /** Path of a nats-server. Default: what `obtainNatsServer` gives. */
  readonly binary?: string;
  readonly onProgress?: (line: string) => void;
};

export type EmbeddedServer = {
  readonly url: string;
  readonly port: number;
  /** Of its HTTP monitoring; another one after `restart`. */
  readonly monitorUrl: string;
  /** Like `2.15.2`. */
  readonly version: string;
  /** Of the running process; another one after `restart`. */
  readonly pid: number;
  /** What was asked for and this version cannot do, one line each. */
  readonly notes: readonly string[];
  readonly logFile: string;
  /** Ends the server in order, by force after ten seconds. Idempotent. */
  stop(): Promise<void>;
  /** Sends a signal (default SIGKILL), as a fault would, and waits for the end. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again on the same port and store, ending it first when it runs. */
  restart(): Promise<void>;
};

/**
 * Starts a server and resolves when it takes connections. It ends with this process, however that ends.
 * @throws ValidationError when its folder cannot be made
 * @throws EmbeddedServerError with the tail of the server's log when it does not start
 * @throws NatsServerNotFoundError when there is no nats-server and none can be installed
 */
export async function startEmbeddedServer(options: EmbeddedServerOptions): Promise<EmbeddedServer> {
  const storeDir = resolve(options.storeDir);
  makeFolder(storeDir);
  const binary =
    options.binary === undefined
      ? await obtainNatsServer({ onProgress: options.onProgress })
      : await probeNatsServer(options.binary, runCommand);
  if (binary === undefined) throw new EmbeddedServerError(`${options.binary} is not a nats-server`);

  const host = options.host ?? '127.0.0.1';
  const logFile = join(storeDir, 'nats-server.log');
  let notes: readonly string[] = [];
  let running: ServerProcess | undefined;
  let port = options.port ?? 0;

  async function start(): Promise<void> {
    const runDir = await mkdtemp(join(tmpdir(), 'nats-bridge-server-'));
    try {
      await claimStore(storeDir);
      const config = {
        host,
        port,
        jetstream: options.jetstream ?? true,
        storeDir,
        runDir,
        logFile,
        syncInterval: options.syncInterval ?? 'always',
        maxPayloadBytes: options.maxPayloadBytes,
        configuration: options.configuration,
      };
      const rendered = renderServerConfig(config, binary?.version ?? '');
      notes = rendered.notes;
      const configFile = join(runDir, 'nats-server.conf');
      await writeFile(configFile, rendered.text);
      running = await spawnServer({ binary: binary?.path ?? '', configFile, runDir, logFile });
      port = running.port;
      await claimStore(storeDir, running.pid);
    } finally {
      await rm(runDir, { recursive: true, force: true });
    }
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    const ending = running;
    if (ending === undefined) return;
    await ending.end(signal);
    if (running === ending) running = undefined;
    await releaseStore(storeDir);
  }

  await start();
  return {
    get url() {
      return `nats://${host}:${port}`;
    },
    get port() {
      return port;
    },
    get monitorUrl() {
      return running?.monitorUrl ?? '';
    },
    get pid() {
      return running?.pid ?? 0;
    },
    get notes() {
      return notes;
    },
    version: binary.version,
    logFile,
    stop: () => end('SIGTERM'),
    kill: (signal = 'SIGKILL') => end(signal),
    async restart() {
      await end('SIGTERM');
      await start();
    },
  };
}
