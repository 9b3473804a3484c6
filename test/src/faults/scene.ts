/** The parts of a fault run: NATS, the recording processor, two gateways, two workers, a network that can be cut. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createUcsClient, type UcsClient } from '@nats-bridge/gateway';
import { type EmbeddedServer, startEmbeddedServer } from '@nats-bridge/messaging';
import { type Part, startPart } from './part.js';
import type { Effect } from './processor.js';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.js';

/** As configured here, and how long a fault lasts against it. */
export const ACK_WAIT_MS = 2_000;

export type Scene = {
  readonly server: EmbeddedServer;
  readonly gateways: readonly Part[];
  readonly workers: readonly Part[];
  /** Between the second worker and NATS. */
  readonly proxy: TcpProxy;
  readonly client: UcsClient;
  /** Crashes that workers were told to have, by kind. */
  readonly crashes: ReadonlyMap<string, number>;
  book(): Effect[];
  close(): Promise<void>;
};

export type SceneOptions = {
  readonly seed: number;
  /** Which of the crashes within a handler happen. */
  readonly crashes: readonly string[];
  /** false: handlers charge again without asking whether they did. */
  readonly looks: boolean;
  /** false: the processor takes an earlier attempt after a later one has asked. */
  readonly fences: boolean;
  readonly keep: boolean;
};

const BUILT = (name: string) => fileURLToPath(new URL(`../../dist/faults/${name}.js`, import.meta.url));
const CLI = fileURLToPath(new URL('../../../packages/cli/dist/main.js', import.meta.url));
/** Exit codes of faults/worker.ts. */
const CRASH_OF_CODE: Readonly<Record<number, string>> = { 70: 'crash_in_handler', 71: 'crash_before_ack' };

export async function startScene({
  seed,
  crashes: kinds,
  looks,
  fences,
  keep,
}: SceneOptions): Promise<Scene> {
  const folder = mkdtempSync(join(tmpdir(), 'nats-bridge-faults-'));
  const server = await startEmbeddedServer({ storeDir: join(folder, 'nats'), syncInterval: 'always' });
  const proxy = await startTcpProxy(() => server.port);
  const book = join(folder, 'book');
  const processor = await startPart([BUILT('processor'), book, fences ? 'yes' : 'no'], {}, /^ready/);
  const crashes = new Map<string, number>();
  const config = {
    NATS_BRIDGE__BASE_URL: server.url,
    NATS_BRIDGE__REQUEST_TIMEOUT_MS: '4000',
    NATS_BRIDGE__JETSTREAM__ACK_WAIT: String(ACK_WAIT_MS),
    NATS_BRIDGE__JETSTREAM__MAX_DELIVER: '8',
    NATS_BRIDGE__JETSTREAM__NUM_REPLICAS: '1',
    NATS_BRIDGE__CONNECTION__MAX_RECONNECTS: '-1',
  };
  const gateways: Part[] = [];
  for (let index = 0; index < 2; index++) {
    const ports = { GATEWAY__GRPC__PORT: String(await freePort()), GATEWAY__HTTP__PORT: '0' };
    gateways.push(await startPart([CLI, 'serve'], { ...config, ...ports }, /gateway http/));
  }
  const workers: Part[] = [];
  for (const url of [server.url, `nats://127.0.0.1:${proxy.port}`]) {
    const env = {
      NATS_URL: url,
      PROCESSOR_URL: processor.ready.split(' ')[1] ?? '',
      SEED: String(seed),
      CRASHES: kinds.join(','),
      LOOKS: looks ? 'yes' : 'no',
    };
    const onExit = (code: number | null) => {
      const kind = CRASH_OF_CODE[code ?? 0];
      if (kind !== undefined) crashes.set(kind, (crashes.get(kind) ?? 0) + 1);
    };
    workers.push(await startPart([BUILT('worker')], env, /^ready/, onExit));
  }
  const addresses = gateways.map(({ ready }) => /127\.0\.0\.1:\d+/.exec(ready)?.[0] ?? '');
  const client = createUcsClient(`ipv4:${addresses.join(',')}`, {
    connector: 'imerchantsolutions',
    merchantId: 'merchant_a',
    apiKey: 'key',
  });
  return {
    server,
    gateways,
    workers,
    proxy,
    client,
    crashes,
    book: () =>
      readText(book)
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Effect),
    async close() {
      client.close();
      for (const part of [...gateways, ...workers, processor]) {
        part.signal('SIGCONT');
        await part.kill();
      }
      await proxy.close();
      await server.stop();
      if (!keep) rmSync(folder, { recursive: true, force: true });
    },
  };
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; // nothing has happened yet
  }
}

/** A port that a gateway keeps over its restarts. */
function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}
