/** Makes the server have what a specification says: creates, updates, and reports; never deletes. */
import {
  AckPolicy,
  type ConsumerConfig,
  DeliverPolicy,
  JetStreamApiError,
  type JetStreamManager,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from '@nats-io/jetstream';
import { nanos } from '@nats-io/nats-core';
import type { Connection } from '../connection/connection.js';
import { serverFeatures } from './server-features.js';
import type { ConsumerSpec, Difference, StreamSpec, TopologyChange, TopologySpec } from './topology-spec.js';

type Config = Record<string, unknown>;
type Wanted = { readonly config: Config; readonly notes: readonly string[] };

const STREAM_NOT_FOUND = 10059;
const CONSUMER_NOT_FOUND = 10014;
/** Fields a stream cannot change once it exists (NATS). */
const FIXED_STREAM_FIELDS = ['retention', 'storage', 'deny_delete', 'deny_purge'];

/**
 * Idempotent. With `dryRun` nothing is changed and `created`/`updated` mean what would be done.
 *
 * @throws NotConnectedError; whatever the server answers to a create or update it refuses
 */
export async function applyTopology(
  connection: Connection,
  spec: TopologySpec,
  options: { readonly dryRun?: boolean } = {},
): Promise<TopologyChange[]> {
  const nats = await connection.get();
  const manager = await jetstreamManager(nats);
  const features = serverFeatures(nats.info?.version ?? '');
  const isClustered = nats.info?.cluster !== undefined;
  const dryRun = options.dryRun ?? false;
  const changes: TopologyChange[] = [];
  for (const stream of spec.streams) {
    const wanted = streamConfig(stream, features.perMessageTtl, isClustered ? Number.POSITIVE_INFINITY : 1);
    changes.push(await applyStream(manager, wanted, dryRun));
  }
  for (const consumer of spec.consumers)
    changes.push(await applyConsumer(manager, consumer.stream, consumerConfig(consumer), dryRun));
  return changes;
}

async function applyStream(
  manager: JetStreamManager,
  wanted: Wanted,
  dryRun: boolean,
): Promise<TopologyChange> {
  const name = wanted.config.name as string;
  const have = await configOrNothing(async () => (await manager.streams.info(name)).config, STREAM_NOT_FOUND);
  const change = (
    action: TopologyChange['action'],
    differences: readonly Difference[],
    notes = wanted.notes,
  ) => ({ kind: 'stream', name, action, differences, notes }) as const;
  if (have === undefined) {
    if (dryRun) return change('created', []);
    const made = await createStream(manager, wanted);
    return change(
      'created',
      differences(made.config as unknown as Config, made.wanted.config),
      made.wanted.notes,
    );
  }
  const open = differences(have, wanted.config);
  // Fewer replicas than wished for is what the cluster has; they are raised by the operator, not by a start.
  const real = open.filter(({ field }) => field !== 'num_replicas');
  if (real.length === 0) return change('unchanged', []);
  if (real.some(({ field }) => FIXED_STREAM_FIELDS.includes(field))) return change('conflict', real);
  if (!dryRun) {
    const subjects = [
      ...new Set([...((have.subjects as string[]) ?? []), ...((wanted.config.subjects as string[]) ?? [])]),
    ];
    await manager.streams.update(name, {
      ...have,
      ...wanted.config,
      num_replicas: have.num_replicas,
      subjects,
    } as never);
  }
  return change('updated', real);
}

/** Replicas as many as the cluster gives, up to what is wished for: the server knows, so it is asked. */
async function createStream(
  manager: JetStreamManager,
  wanted: Wanted,
): Promise<{ config: StreamConfig; wanted: Wanted }> {
  for (let replicas = wanted.config.num_replicas as number; ; replicas--) {
    const isLess = replicas < (wanted.config.num_replicas as number);
    const notes = isLess
      ? [...wanted.notes, `${replicas} of ${wanted.config.num_replicas} replicas: the cluster has no more`]
      : wanted.notes;
    const attempt = { config: { ...wanted.config, num_replicas: replicas }, notes };
    try {
      const { config } = await manager.streams.add(attempt.config as never);
      return { config, wanted: attempt };
    } catch (error) {
      if (replicas <= 1 || !isTooFewPeers(error)) throw error;
    }
  }
}

function isTooFewPeers(error: unknown): boolean {
  return error instanceof JetStreamApiError && [10005, 10074, 10075].includes(error.code);
}

async function applyConsumer(
  manager: JetStreamManager,
  stream: string,
  config: Config,
  dryRun: boolean,
): Promise<TopologyChange> {
  const name = config.durable_name as string;
  const have = await configOrNothing(
    async () => (await manager.consumers.info(stream, name)).config,
    CONSUMER_NOT_FOUND,
    STREAM_NOT_FOUND,
  );
  const change = (action: TopologyChange['action'], open: readonly Difference[]) =>
    ({ kind: 'consumer', name, action, differences: open, notes: [] }) as const;
  if (have === undefined) {
    if (!dryRun) await manager.consumers.add(stream, config as Partial<ConsumerConfig>);
    return change('created', []);
  }
  const open = differences(have, config);
  if (open.length === 0) return change('unchanged', []);
  if (open.some(({ field }) => field === 'ack_policy' || field === 'deliver_policy'))
    return change('conflict', open);
  if (!dryRun)
    await manager.consumers.update(stream, name, { ...have, ...config } as Partial<ConsumerConfig>);
  return change('updated', open);
}

async function configOrNothing(
  read: () => Promise<unknown>,
  ...notFound: number[]
): Promise<Config | undefined> {
  try {
    return (await read()) as Config;
  } catch (error) {
    if (error instanceof JetStreamApiError && notFound.includes(error.code)) return undefined;
    throw error;
  }
}

function differences(have: Config, want: Config): Difference[] {
  return Object.keys(want)
    .filter((field) => JSON.stringify(have[field]) !== JSON.stringify(want[field]))
    .filter((field) => !(want[field] === false && have[field] === undefined))
    .map((field) => ({ field, have: have[field], want: want[field] }));
}

function streamConfig(spec: StreamSpec, hasTtl: boolean, servers: number): Wanted {
  const wished = spec.replicas ?? 1;
  const replicas = Math.min(wished, servers);
  const notes =
    replicas < wished ? [`${replicas} of ${wished} replicas: the server is not in a cluster`] : [];
  if (spec.allowMsgTtl && !hasTtl) notes.push('no time to live per message: the server is older than 2.11');
  const config: Config = {
    name: spec.name,
    subjects: spec.subjects === undefined ? undefined : [...spec.subjects],
    retention: spec.retention ?? RetentionPolicy.Limits,
    storage: spec.storage ?? StorageType.File,
    num_replicas: replicas,
    max_msgs: spec.maxMsgs ?? -1,
    max_age: nanos(spec.maxAgeMs ?? 0),
    max_msgs_per_subject: spec.maxMsgsPerSubject ?? -1,
    duplicate_window: spec.duplicateWindowMs === undefined ? undefined : nanos(spec.duplicateWindowMs),
    allow_direct: spec.allowDirect ?? false,
    allow_msg_ttl: spec.allowMsgTtl && hasTtl ? true : undefined,
    deny_delete: spec.denyDelete,
    deny_purge: spec.denyPurge,
    republish:
      spec.republish === undefined ? undefined : { src: spec.republish.from, dest: spec.republish.to },
    description: spec.description,
  };
  return { config: defined(config), notes };
}

function consumerConfig(spec: ConsumerSpec): Config {
  return defined({
    durable_name: spec.name,
    ack_policy: AckPolicy.Explicit,
    deliver_policy: DeliverPolicy.All,
    filter_subject: spec.filterSubject,
    ack_wait: nanos(spec.ackWaitMs),
    max_deliver: spec.maxDeliver,
    max_ack_pending: spec.maxAckPending ?? 1_000,
  });
}

function defined(config: Config): Config {
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined));
}
