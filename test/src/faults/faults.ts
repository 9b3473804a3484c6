/** What can be done to the parts of a run; each is over when its promise resolves. */
import { setTimeout as sleep } from 'node:timers/promises';
import { createConnection } from '@nats-bridge/messaging';
import { RECORD_STREAM } from '@nats-bridge/protocol';
import { jetstreamManager } from '@nats-io/jetstream';
import { patiently } from './patiently.js';
import { pick, type Random } from './random.js';
import { FROZEN_MS, REQUEST_TIMEOUT_MS, type Scene } from './scene.js';
import type { TcpProxy } from './tcp-proxy.js';

/** @returns since when it can be recovered from, in milliseconds since the epoch; otherwise since its end */
export type Fault = (scene: Scene, random: Random) => Promise<number | undefined>;

/** Just longer than a caller waits: what nobody took is given up meanwhile, and is still there when they wake. */
const ABSENT_MS = REQUEST_TIMEOUT_MS + 100;
const DOWN_MS = 2_500;
const CAUGHT_UP_MS = 20_000;

const EVERYWHERE: Readonly<Record<string, Fault>> = {
  kill_worker: ({ workers }, random) => restart(pick(workers, random)),
  kill_gateway: ({ gateways }, random) => restart(pick(gateways, random)),
  freeze_worker: ({ workers }, random) => freeze([pick(workers, random)], FROZEN_MS),
  freeze_all_workers: ({ workers }) => freeze(workers, ABSENT_MS),
  freeze_gateway: ({ gateways }, random) => freeze([pick(gateways, random)], FROZEN_MS),
  async freeze_nats({ nats }) {
    const { pid } = await nats.leaderOf('PAYMENTS');
    process.kill(pid, 'SIGSTOP');
    await sleep(FROZEN_MS);
    process.kill(pid, 'SIGCONT');
    return undefined;
  },
  cut_worker: ({ workerLinks }, random) => cut(workerLinks, random),
  slow_worker: ({ workerLinks }, random) => slow(workerLinks, random),
  cut_gateway: ({ gatewayLinks }, random) => cut(gatewayLinks, random),
  slow_gateway: ({ gatewayLinks }, random) => slow(gatewayLinks, random),
  fill_stream: (scene) => fill(scene, 'PAYMENTS'),
  fill_ledger: (scene) => fill(scene, RECORD_STREAM),
};

const ALONE: Readonly<Record<string, Fault>> = {
  async kill_nats({ nats }, random) {
    const server = pick(nats.servers, random);
    await server.kill();
    await sleep(100 + 900 * random());
    await server.restart();
    return undefined;
  },
};

const IN_CLUSTER: Readonly<Record<string, Fault>> = {
  /** The others go on without it: recovery counts from its death. */
  async kill_leader({ nats }) {
    const leader = await nats.leaderOf('PAYMENTS');
    await leader.kill();
    const brokenAt = Date.now();
    await sleep(DOWN_MS);
    await leader.restart();
    if (!(await nats.caughtUp('PAYMENTS', CAUGHT_UP_MS)))
      throw new Error(`a killed leader has not caught up ${CAUGHT_UP_MS} ms after its restart`);
    return brokenAt;
  },
  async kill_ledger_leader({ nats }) {
    const leader = await nats.leaderOf(RECORD_STREAM);
    await leader.kill();
    const brokenAt = Date.now();
    await sleep(DOWN_MS);
    await leader.restart();
    if (!(await nats.caughtUp(RECORD_STREAM, CAUGHT_UP_MS)))
      throw new Error(`a killed leader has not caught up ${CAUGHT_UP_MS} ms after its restart`);
    return brokenAt;
  },
};

export function faultsFor(isCluster: boolean): Readonly<Record<string, Fault>> {
  return { ...EVERYWHERE, ...(isCluster ? IN_CLUSTER : ALONE) };
}

/** Not done to a worker but by it, at a step of the handling of a request; see worker.ts. */
export const STEPS = [
  'freeze_before_effect',
  'crash_before_effect',
  'crash_after_effect',
  'crash_after_reply',
  'crash_before_ack',
] as const;

async function restart(part: Scene['workers'][number]): Promise<undefined> {
  await part.kill();
  await sleep(200);
  await part.start();
}

async function freeze(parts: Scene['workers'], ms: number): Promise<undefined> {
  for (const part of parts) part.signal('SIGSTOP');
  await sleep(ms);
  for (const part of parts) part.signal('SIGCONT');
}

async function cut(links: readonly TcpProxy[], random: Random): Promise<undefined> {
  for (const link of links) link.cut();
  await sleep(500 + FROZEN_MS * random());
  for (const link of links) link.restore();
}

async function slow(links: readonly TcpProxy[], random: Random): Promise<undefined> {
  const ms = 50 + 250 * random();
  for (const link of links) link.delay(ms);
  await sleep(FROZEN_MS);
  for (const link of links) link.restore();
}

/** Its quota is what it holds: the server refuses every further message, but for the room that others leave. */
async function fill({ nats }: Scene, stream: string): Promise<undefined> {
  const connection = createConnection({ servers: nats.url() });
  try {
    const manager = await jetstreamManager(await connection.get(), { checkAPI: false });
    const { config, state } = await patiently(() => manager.streams.info(stream));
    const full = { ...config, max_bytes: Math.max(1, state.bytes), discard: 'new' as const };
    await patiently(() => manager.streams.update(stream, full));
    await sleep(1_500);
    await patiently(() => manager.streams.update(stream, config));
  } finally {
    await connection.close();
  }
}
