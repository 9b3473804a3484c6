/** The NATS of a run: one server, or three that replicate to each other; which of them leads a stream, and when all have caught up. */
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createConnection, type EmbeddedServer, startEmbeddedServer } from '@nats-bridge/messaging';
import { jetstreamManager, type StreamInfo } from '@nats-io/jetstream';

export type NatsUnderFaults = {
  readonly servers: readonly EmbeddedServer[];
  readonly isCluster: boolean;
  /** Of all servers. */
  url(): string;
  /** The server that leads a stream now; the only one where there is but one. */
  leaderOf(stream: string): Promise<EmbeddedServer>;
  /** Every replica of the stream has what its leader has; waits for at most so long. @returns whether */
  caughtUp(stream: string, withinMs: number): Promise<boolean>;
  stop(): Promise<void>;
};

const NODES = 3;
const READY_LIMIT_MS = 30_000;

export async function startNats(folder: string, isCluster: boolean): Promise<NatsUnderFaults> {
  const servers = isCluster ? await startNodes(folder) : [await startOne(folder)];
  const url = () => servers.map((server) => server.url).join(',');

  async function infoOf(stream: string): Promise<StreamInfo> {
    const connection = createConnection({ servers: url(), maxReconnects: 3 });
    try {
      const manager = await jetstreamManager(await connection.get(), { checkAPI: false, timeout: 1_000 });
      return await manager.streams.info(stream);
    } finally {
      await connection.close();
    }
  }

  async function until<T>(limitMs: number, probe: () => Promise<T | undefined>): Promise<T | undefined> {
    for (const end = Date.now() + limitMs; Date.now() < end; await sleep(100)) {
      const found = await probe().catch(() => undefined);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  if (isCluster) {
    const isReady = await until(READY_LIMIT_MS, async () => {
      const connection = createConnection({ servers: url() });
      try {
        await (await jetstreamManager(await connection.get(), { checkAPI: false })).getAccountInfo();
        return true;
      } finally {
        await connection.close();
      }
    });
    if (!isReady) throw new Error(`the cluster has no leader after ${READY_LIMIT_MS} ms: see ${folder}`);
  }
  return {
    servers,
    isCluster,
    url,
    async leaderOf(stream) {
      const [only] = servers;
      if (!isCluster && only !== undefined) return only;
      const leader = await until(READY_LIMIT_MS, async () => {
        const name = (await infoOf(stream)).cluster?.leader;
        return servers.find((_, index) => nameOf(index) === name);
      });
      if (leader === undefined) throw new Error(`${stream} has no leader after ${READY_LIMIT_MS} ms`);
      return leader;
    },
    async caughtUp(stream, withinMs) {
      if (!isCluster) return true;
      const done = await until(withinMs, async () => {
        const replicas = (await infoOf(stream)).cluster?.replicas ?? [];
        return replicas.length === NODES - 1 && replicas.every(({ current }) => current) ? true : undefined;
      });
      return done === true;
    },
    async stop() {
      await Promise.all(servers.map((server) => server.kill()));
    },
  };
}

function startOne(folder: string): Promise<EmbeddedServer> {
  return startEmbeddedServer({ storeDir: join(folder, 'nats'), syncInterval: 'always' });
}

const nameOf = (index: number) => `faults-${index + 1}`;

async function startNodes(folder: string): Promise<EmbeddedServer[]> {
  const ports = await Promise.all(Array.from({ length: NODES }, freePort));
  const routes = ports.map((port) => `"nats://127.0.0.1:${port}"`).join(', ');
  return Promise.all(
    ports.map((port, index) =>
      startEmbeddedServer({
        storeDir: join(folder, nameOf(index)),
        syncInterval: 'always',
        configuration: [
          `server_name: ${nameOf(index)}`,
          // Not advertised: a client that is behind a proxy stays behind it.
          `cluster { name: faults, listen: "127.0.0.1:${port}", no_advertise: true, routes: [${routes}] }`,
        ].join('\n'),
      }),
    ),
  );
}

/** A port that a process keeps over its restarts. */
export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}
