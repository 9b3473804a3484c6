/** What a write that JetStream acknowledged survives: read from the broker where that is possible, never assumed. */
import type { Connection } from '../connection/connection.js';
import { managerOf } from '../connection/manager-of.js';
import { currentReplicasOf } from '../figures/current-replicas.js';

/**
 * The worst that may happen without losing an acknowledged write: `nothing` (not even the server's end), the end of
 * the `process`, a crash of the operating system or a power cut (`os_crash`), the loss of one `node` with its disk.
 */
export const SURVIVALS = ['nothing', 'process', 'os_crash', 'node'] as const;
export type Survival = (typeof SURVIVALS)[number];

export type Durability = {
  readonly survives: Survival;
  /** How that is known, and what would make it more; one line. */
  readonly because: string;
  /** False while the server's monitoring does not answer, or copies are being made: it may be more. */
  readonly isKnown: boolean;
};

export type DurabilityFacts = {
  readonly storage: 'file' | 'memory';
  readonly replicas: { readonly current: number; readonly wanted: number };
  /** Whether the server flushes each write to disk before it acknowledges. */
  readonly flushesEachWrite: boolean | 'not asked' | 'no answer';
};

/** By default a server flushes every two minutes; Jepsen lost acknowledged writes of NATS 2.12 that way, replicated too. */
export function durabilityOf(facts: DurabilityFacts): Durability {
  const { storage, replicas, flushesEachWrite } = facts;
  const isKnown = storage === 'memory' || flushesEachWrite !== 'no answer';
  const isCopied = replicas.wanted < FEWEST_SERVERS || holdsOneLoss(replicas);
  return { ...survivalOf(facts), isKnown: isKnown && isCopied };
}

function survivalOf({
  storage,
  replicas,
  flushesEachWrite,
}: DurabilityFacts): Pick<Durability, 'survives' | 'because'> {
  const { current, wanted } = replicas;
  const copies =
    current < wanted ? `${current} of ${wanted} replicas` : `${wanted} replica${wanted === 1 ? '' : 's'}`;
  if (storage === 'memory')
    return holdsOneLoss(replicas)
      ? { survives: 'process', because: `${copies} in memory: one server may end` }
      : { survives: 'nothing', because: `${copies} in memory` };
  if (flushesEachWrite === 'not asked')
    return {
      survives: 'process',
      because: `${copies} on file; whether each write is flushed is not known: set monitor_url`,
    };
  if (flushesEachWrite === 'no answer')
    return {
      survives: 'process',
      because: `${copies} on file; whether each write is flushed is not known: nothing of JetStream is said at monitor_url`,
    };
  if (!flushesEachWrite)
    return {
      survives: 'process',
      because: `${copies} on file, flushed every so often: set sync_interval: always in the server's jetstream block`,
    };
  return holdsOneLoss(replicas)
    ? { survives: 'node', because: `${copies} on file, each write flushed` }
    : { survives: 'os_crash', because: `${copies} on file, each write flushed` };
}

/** Fewer cannot go on without one of them. */
const FEWEST_SERVERS = 3;

/** A write is acknowledged by most of the servers: by two of three, also while the third is away. */
function holdsOneLoss({ current, wanted }: DurabilityFacts['replicas']): boolean {
  return wanted >= FEWEST_SERVERS && current > 1;
}

export function isAtLeast(survives: Survival, least: Survival): boolean {
  return SURVIVALS.indexOf(survives) >= SURVIVALS.indexOf(least);
}

const MONITOR_LIMIT_MS = 2_000;

/**
 * @param stream as it is on the server
 * @param monitorUrl of the server's HTTP monitoring, e.g. `http://127.0.0.1:8222`; clients cannot ask for this otherwise
 */
export async function readDurability(
  connection: Connection,
  stream: string,
  monitorUrl: string | undefined,
): Promise<Durability> {
  const manager = await managerOf(connection);
  const info = await manager.streams.info(stream);
  const { storage, num_replicas } = info.config;
  const flushesEachWrite = monitorUrl === undefined ? 'not asked' : await flushes(monitorUrl);
  return durabilityOf({
    storage: storage === 'memory' ? 'memory' : 'file',
    replicas: { current: currentReplicasOf(info), wanted: num_replicas },
    flushesEachWrite,
  });
}

/** `sync_always` of `/varz`. */
async function flushes(monitorUrl: string): Promise<boolean | 'no answer'> {
  try {
    const signal = AbortSignal.timeout(MONITOR_LIMIT_MS);
    const response = await fetch(new URL('/varz', monitorUrl), { signal });
    const { jetstream } = (await response.json()) as {
      jetstream?: { config?: { sync_always?: boolean } };
    };
    return jetstream?.config === undefined ? 'no answer' : jetstream.config.sync_always === true;
  } catch {
    return 'no answer';
  }
}
