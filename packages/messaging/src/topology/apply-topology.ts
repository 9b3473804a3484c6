/** Makes the server have what a specification says: creates, updates, reports; never deletes, never shrinks. */
import {
  type ConsumerConfig,
  JetStreamApiError,
  type JetStreamManager,
  type StreamConfig,
} from '@nats-io/jetstream';
import type { Connection } from '../connection/connection.js';
import { managerOf } from '../connection/manager-of.js';
import { saysNoConsumer, saysNoStream } from '../says-missing.js';
import { originSeqOf } from '../stored/origin.js';
import { storedMessage } from '../stored/stored-messages.js';
import { streamInfo } from '../stored/stream-info.js';
import { compareConfig, mergeConfig } from './compare-config.js';
import { foreseenReplicas, withFewerReplicas } from './fewer-replicas.js';
import { serverFeatures } from './server-features.js';
import { TopologyError } from './topology-error.js';
import type { Difference, TopologyChange, TopologySpec } from './topology-spec.js';
import { type Wanted, wantedBucket, wantedConsumer, wantedStream } from './wanted-config.js';

export type ApplyOptions = {
  /** Changes nothing and says what would be done. Default false. */
  readonly dryRun?: boolean;
};

/** Something on the server that is made as wanted: a stream, a bucket or a consumer. */
type Asset<Config> = {
  readonly kind: TopologyChange['kind'];
  readonly name: string;
  readonly stream: string;
  readonly wanted: Wanted<Config>;
  /** With the cluster that has it, which has no name where there is none. */
  read(): Promise<{ readonly config: Config; readonly cluster?: { readonly name?: string } }>;
  create(config: Partial<Config>): Promise<Config>;
  update(config: Partial<Config>): Promise<Config>;
};

/**
 * Idempotent. Reads back what it made, because servers drop fields they do not know.
 * @throws NotConnectedError; TopologyError when the server refuses
 */
export async function applyTopology(
  connection: Connection,
  spec: TopologySpec,
  options: ApplyOptions = {},
): Promise<TopologyChange[]> {
  const nats = await connection.get();
  const manager = await managerOf(connection);
  const features = serverFeatures(nats.info?.version ?? '');
  const changes: TopologyChange[] = [];
  for (const stream of spec.streams) {
    const asset = streamAsset(manager, 'stream', stream.name, wantedStream(stream, features));
    const goesOn = {
      ...asset,
      create: async (config: Partial<StreamConfig>) =>
        asset.create({ ...config, ...(await behindCopies(connection, stream.name, spec)) }),
    };
    changes.push(await apply(goesOn, options));
  }
  for (const bucket of spec.buckets ?? []) {
    changes.push(await apply(streamAsset(manager, 'bucket', bucket.name, wantedBucket(bucket)), options));
  }
  for (const consumer of spec.consumers) {
    const name = consumer.name;
    changes.push(
      await apply(consumerAsset(manager, consumer.stream, name, wantedConsumer(consumer, features)), options),
    );
  }
  return changes;
}

/**
 * A stream that was lost and is made again goes on counting behind what its archive has of it: NATS copies on from
 * there, and would copy nothing of what begins at 1 once more. Servers from 2.10.
 */
async function behindCopies(
  connection: Connection,
  stream: string,
  { streams }: TopologySpec,
): Promise<Pick<Partial<StreamConfig>, 'first_seq'>> {
  const archive = streams.find(({ sources }) => sources?.some(({ name }) => name === stream));
  if (archive === undefined) return {};
  const info = await streamInfo(connection, archive.name);
  const last = info && (await storedMessage(connection, archive.name, info.state.last_seq));
  const copied = last === undefined ? 0 : originSeqOf(last.headers);
  return copied === 0 ? {} : { first_seq: copied + 1 };
}

async function apply<Config extends object>(
  asset: Asset<Config>,
  { dryRun = false }: ApplyOptions,
): Promise<TopologyChange> {
  const { kind, name, stream, wanted } = asset;
  const result = (
    action: TopologyChange['action'],
    differences: readonly Difference[],
    more: string[] = [],
  ) => ({
    kind,
    name,
    stream,
    action,
    differences,
    notes: [...wanted.notes, ...more],
  });
  try {
    const found = await readOrUndefined(asset);
    if (found === undefined) {
      if (dryRun) return result('created', []);
      const { config, notes } = await withFewerReplicas(wanted.config, (attempt) => asset.create(attempt));
      const left = remaining(config, wanted.config, notes);
      return left.length === 0
        ? result('created', [], notes)
        : result('conflict', left, [...notes, NOT_TAKEN]);
    }
    const have = found.config;
    const { changeable: differing, conflicting } = compareConfig(have as never, wanted.config as never);
    const notes = differing.some(isReplicas) ? foreseenReplicas(wanted.config, found.cluster) : [];
    // What the server would refuse it is not asked for: who may only read may apply what differs in nothing else.
    const changeable = differing.filter((difference) => !isReplicas(difference) || notes.length === 0);
    if (changeable.length === 0)
      return result(conflicting.length === 0 ? 'unchanged' : 'conflict', conflicting, notes);
    let left = conflicting;
    let areReplicasChanged = true;
    if (!dryRun) {
      const changed = mergeConfig(have, wanted.config, changeable);
      const updated = await withFewerReplicas(changed, (attempt) => asset.update(attempt), have);
      notes.push(...updated.notes);
      left = remaining(updated.config, wanted.config, notes);
      areReplicasChanged = replicasOf(updated.config) !== replicasOf(have);
    }
    const done = changeable.filter((difference) => !isReplicas(difference) || areReplicasChanged);
    if (left.length === 0) return result(done.length === 0 ? 'unchanged' : 'updated', done, notes);
    const fields = done.map(({ field }) => field);
    return result('conflict', left, [
      ...notes,
      ...(done.length === 0 ? [] : [`changed: ${fields.join(', ')}`]),
    ]);
  } catch (error) {
    if (error instanceof JetStreamApiError || error instanceof TopologyError) {
      throw new TopologyError(kind, name, error);
    }
    throw error;
  }
}

const NOT_TAKEN = 'the server made it without these fields: it is too old for them';

async function readOrUndefined<Config>(asset: Asset<Config>) {
  try {
    return await asset.read();
  } catch (error) {
    if (saysNoStream(error) || saysNoConsumer(error)) return undefined;
    throw error;
  }
}

/** What the server did not take, but for replicas that are explained. */
function remaining(config: object, wanted: object, notes: readonly string[]): readonly Difference[] {
  const { changeable, conflicting } = compareConfig(config as never, wanted as never);
  return [...changeable, ...conflicting].filter(
    (difference) => !isReplicas(difference) || notes.length === 0,
  );
}

function isReplicas({ field }: Difference): boolean {
  return field === 'num_replicas';
}

function replicasOf(config: { readonly num_replicas?: number }): number | undefined {
  return config.num_replicas;
}

function streamAsset(
  manager: JetStreamManager,
  kind: 'stream' | 'bucket',
  name: string,
  wanted: Wanted<StreamConfig>,
): Asset<StreamConfig> {
  const stream = wanted.config.name ?? name;
  return {
    kind,
    name,
    stream,
    wanted,
    read: () => manager.streams.info(stream),
    create: async (config) => (await manager.streams.add(config as StreamConfig & { name: string })).config,
    update: async (config) => (await manager.streams.update(stream, config)).config,
  };
}

function consumerAsset(
  manager: JetStreamManager,
  stream: string,
  name: string,
  wanted: Wanted<ConsumerConfig>,
): Asset<ConsumerConfig> {
  const read = () => manager.consumers.info(stream, name);
  return {
    kind: 'consumer',
    name,
    stream,
    wanted,
    read,
    create: async (config) => (await manager.consumers.add(stream, config)).config,
    async update(config) {
      // What a server says to the first update since it started is how the consumer was before.
      await manager.consumers.update(stream, name, config);
      return (await read()).config;
    },
  };
}
