/** The parts of a fault run: NATS, the recording processor, two gateways, two workers, networks that can be cut. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { devNull, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createUcsClient, type UcsClient } from '@nats-bridge/gateway/client';
import { freePort, type NatsUnderFaults, startNats } from './cluster.js';
import type { Effect } from './evidence.js';
import { hasFence } from './guards.js';
import { type Part, startPart } from './part.js';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.js';

/** As configured here, and how long a fault lasts against it. */
export const ACK_WAIT_MS = 1_500;
export const REQUEST_TIMEOUT_MS = 2_000;
/** How long what is frozen stays so. Longer than the ack wait: what was in hand is delivered to others meanwhile. */
export const FROZEN_MS = ACK_WAIT_MS * 1.5;
/** The least that NATS allows: most repeats come when the stream has forgotten their message id. */
export const DUPLICATE_WINDOW_MS = 100;

/** Of the second worker: a fifth of the ack wait. */
const CLOCK_BEHIND_MS = 300;
/** Of all workers, where their own look at the deadline is not to hide what a withdrawal prevents. */
const ALL_BEHIND_MS = REQUEST_TIMEOUT_MS / 2;

export type Scene = {
  readonly nats: NatsUnderFaults;
  readonly gateways: readonly Part[];
  readonly workers: readonly Part[];
  /** Between the second worker and NATS: one for each server. */
  readonly workerLinks: readonly TcpProxy[];
  /** Between the second gateway and NATS. */
  readonly gatewayLinks: readonly TcpProxy[];
  readonly client: UcsClient;
  /** What workers did to themselves, by kind. */
  readonly steps: ReadonlyMap<string, number>;
  book(): Effect[];
  close(): Promise<void>;
};

export type SceneOptions = {
  readonly seed: number;
  /** At which steps of a handler workers die or freeze. */
  readonly steps: readonly string[];
  /** The guard that is taken off; see guards.ts. */
  readonly without: string | undefined;
  readonly isCluster: boolean;
  /** Whether the second worker gets only what the first is not there for. */
  readonly hasBackup: boolean;
  readonly keep: boolean;
};

const BUILT = (name: string) => fileURLToPath(new URL(`../../dist/faults/${name}.js`, import.meta.url));
const CLI = fileURLToPath(new URL('../../../packages/cli/dist/main.js', import.meta.url));

export async function startScene(options: SceneOptions): Promise<Scene> {
  const { seed, without = '', isCluster, hasBackup } = options;
  const folder = mkdtempSync(join(tmpdir(), 'nats-bridge-faults-'));
  const nats = await startNats(folder, isCluster);
  const linksToAll = () => Promise.all(nats.servers.map((server) => startTcpProxy(() => server.port)));
  const workerLinks = await linksToAll();
  const gatewayLinks = await linksToAll();
  const through = (links: readonly TcpProxy[]) =>
    links.map(({ port }) => `nats://127.0.0.1:${port}`).join(',');
  const book = join(folder, 'book');
  const logOf = (name: string) => (options.keep ? join(folder, `${name}.log`) : devNull);
  const processor = await startPart(
    [BUILT('processor'), book, String(seed), hasFence(without) ? 'yes' : 'no'],
    logOf('processor'),
    {},
    /^ready/,
  );
  const steps = new Map<string, number>();
  const count = (kind: string | undefined) => {
    if (kind !== undefined) steps.set(kind, (steps.get(kind) ?? 0) + 1);
  };
  const gateways: Part[] = [];
  // Without a guard of the bridge, and as the control of that, it is put together here.
  const isBridgeOfRun = without === 'withdrawal' || without === 'nothing';
  const command = isBridgeOfRun ? [BUILT('gateway')] : [CLI, 'serve'];
  for (const [index, url] of [nats.url(), through(gatewayLinks)].entries())
    gateways.push(
      await startPart(
        command,
        logOf(`gateway-${index + 1}`),
        {
          NATS_BRIDGE__BASE_URL: url,
          NATS_BRIDGE__REQUEST_TIMEOUT_MS: String(REQUEST_TIMEOUT_MS),
          NATS_BRIDGE__JETSTREAM__ACK_WAIT: String(ACK_WAIT_MS),
          NATS_BRIDGE__JETSTREAM__MAX_DELIVER: '8',
          NATS_BRIDGE__JETSTREAM__BACKUP_WORKERS: String(hasBackup),
          NATS_BRIDGE__JETSTREAM__NUM_REPLICAS: String(nats.servers.length),
          NATS_BRIDGE__JETSTREAM__DUPLICATE_WINDOW: `${DUPLICATE_WINDOW_MS}ms`,
          NATS_BRIDGE__CONNECTION__MAX_RECONNECTS: '-1',
          GATEWAY__GRPC__PORT: String(await freePort()),
          GATEWAY__HTTP__PORT: '0',
          WITHOUT: without,
        },
        /gateway http/,
      ),
    );
  const workers: Part[] = [];
  for (const [index, url] of [nats.url(), through(workerLinks)].entries()) {
    const env = {
      CLOCK_BEHIND_MS: String(index * CLOCK_BEHIND_MS + (isBridgeOfRun ? ALL_BEHIND_MS : 0)),
      NATS_URL: url,
      PROCESSOR_URL: processor.ready.split(' ')[1] ?? '',
      SEED: String(seed),
      STEPS: options.steps.join(','),
      WITHOUT: without,
      PRIORITY: String(hasBackup ? index : 0),
    };
    const onExit = (code: number | null) => {
      count(options.steps[(code ?? 0) - FIRST_STEP_CODE]);
    };
    const onLine = (line: string, part: Part) => {
      if (!options.steps.includes(line)) return;
      count(line);
      setTimeout(() => part.signal('SIGCONT'), FROZEN_MS);
    };
    workers.push(
      await startPart([BUILT('worker')], logOf(`worker-${index + 1}`), env, /^ready/, onExit, onLine),
    );
  }
  const addresses = gateways.map(({ ready }) => /127\.0\.0\.1:\d+/.exec(ready)?.[0] ?? '');
  const client = createUcsClient(`ipv4:${addresses.join(',')}`, {
    connector: 'imerchantsolutions',
    merchantId: 'merchant_a',
    apiKey: 'key',
  });
  return {
    nats,
    gateways,
    workers,
    workerLinks,
    gatewayLinks,
    client,
    steps,
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
      for (const link of [...workerLinks, ...gatewayLinks]) await link.close();
      await nats.stop();
      if (!options.keep) rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Exit codes of worker.ts count the steps from here. */
const FIRST_STEP_CODE = 70;

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; // nothing has happened yet
  }
}
