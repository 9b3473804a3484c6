/** How full streams are and how far their consumers have come, as the server says now. */
import type { ConsumerInfo } from '@nats-io/jetstream';
import type { Connection } from '../connection/connection.js';
import { managerOf } from '../connection/manager-of.js';
import { type Overlap, overlapsOf } from '../presence/overlap-watch.js';
import { streamInfo } from '../stored/stream-info.js';
import { currentReplicasOf } from './current-replicas.js';

export type StreamFigures = {
  readonly name: string;
  readonly messages: number;
  readonly bytes: number;
  /** Sequence of the last message: how many were ever stored. */
  readonly lastSeq: number;
  /** undefined: without limit. */
  readonly maxMessages: number | undefined;
  readonly maxBytes: number | undefined;
  /** Servers that hold a current copy, and how many are to. */
  readonly replicas: { readonly current: number; readonly wanted: number };
  readonly consumers: readonly ConsumerFigures[];
  readonly overlaps: readonly Overlap[];
};

export type ConsumerFigures = {
  readonly name: string;
  /** Not delivered yet: the lag. */
  readonly pending: number;
  /** Delivered, and not acknowledged yet. */
  readonly ackPending: number;
  /** Of those: delivered more than once. */
  readonly redelivered: number;
  /** Requests for messages that wait: readers with free places. */
  readonly waiting: number;
};

/** Streams that do not exist are left out. @throws when the server does not answer */
export async function readStreamFigures(
  connection: Connection,
  names: readonly string[],
): Promise<StreamFigures[]> {
  const read = await Promise.all(names.map((name) => readStream(connection, name)));
  return read.filter((figures) => figures !== undefined);
}

async function readStream(connection: Connection, name: string): Promise<StreamFigures | undefined> {
  const info = await streamInfo(connection, name);
  if (info === undefined) return undefined;
  const manager = await managerOf(connection);
  const consumers: ConsumerInfo[] = [];
  if (info.state.consumer_count > 0)
    for await (const consumer of manager.consumers.list(name)) consumers.push(consumer);
  const { state, config } = info;
  return {
    name,
    messages: state.messages,
    bytes: state.bytes,
    lastSeq: state.last_seq,
    maxMessages: limitOf(config.max_msgs),
    maxBytes: limitOf(config.max_bytes),
    replicas: { current: currentReplicasOf(info), wanted: config.num_replicas },
    consumers: consumers.map((consumer) => ({
      name: consumer.name,
      pending: consumer.num_pending,
      ackPending: consumer.num_ack_pending,
      redelivered: consumer.num_redelivered,
      waiting: consumer.num_waiting,
    })),
    overlaps: overlapsOf(consumers),
  };
}

/** -1 and 0 are NATS's ways to say "none". */
function limitOf(limit: number | undefined): number | undefined {
  return limit === undefined || limit <= 0 ? undefined : limit;
}
