/** Reads the streams of payments again, and compares them with what the audit said of their records. */
import {
  type Connection,
  type StoredRecord,
  saysDenied,
  saysNoStream,
  storedMessages,
} from '@nats-bridge/messaging';
import {
  type AuditEntry,
  checkRecords,
  QUEUE_STREAM,
  type Queue,
  type RecordReport,
  recordBatchOf,
  type StreamLook,
} from '@nats-bridge/protocol';
import type { BridgeConfig } from '../config/bridge-config.js';
import { TAKES_OUT } from '../dead-letters/letter-action.js';
import { topologyOf } from '../topology.js';
import { watchedStreams } from './notary.js';

/** A stream as it was found. */
export type RecordsReading = {
  readonly stream: string;
  /** In milliseconds since the epoch. */
  readonly at: number;
  readonly records: readonly StoredRecord[];
};

/** A stream that could not be read or compared, and why. */
export type RecordsUnread = { readonly stream: string; readonly unread: string };

/** The streams that hold the life of payments, whole and in memory. */
export async function readRecords({
  config,
  connection,
}: {
  readonly config: BridgeConfig;
  readonly connection: Connection;
}): Promise<readonly (RecordsReading | RecordsUnread)[]> {
  const readings: (RecordsReading | RecordsUnread)[] = [];
  for (const stream of watchedStreams(config)) {
    const records: StoredRecord[] = [];
    try {
      for await (const record of storedMessages(connection, stream)) records.push(record);
    } catch (fault) {
      // A stream that is not there holds nothing, whatever it held.
      if (!saysNoStream(fault)) {
        readings.push({ stream, unread: whyUnread(fault) });
        continue;
      }
    }
    readings.push({ stream, at: Date.now(), records });
  }
  return readings;
}

function whyUnread(fault: unknown): string {
  if (saysDenied(fault)) return 'these credentials may not read it';
  return fault instanceof Error ? fault.message : String(fault);
}

/**
 * @param config whose limits say what streams let go of by themselves
 * @param chain in its order; undefined for what is none: the chain itself says that it is broken
 */
export function compareRecords(
  config: BridgeConfig,
  chain: readonly (AuditEntry | undefined)[],
  readings: readonly (RecordsReading | RecordsUnread)[],
): readonly (RecordReport | RecordsUnread)[] {
  const entries = chain.filter((entry) => entry !== undefined);
  const batches = entries.map(recordBatchOf).filter((batch) => typeof batch === 'object');
  return readings.map((reading) => {
    if ('unread' in reading) return reading;
    const ofStream = batches.filter(({ stream }) => stream === reading.stream);
    const queue = queueOf(reading.stream);
    // Where nothing was ever given up there is nothing to be written down.
    const mayBeEmpty = queue !== undefined && reading.records.length === 0;
    if (ofStream.length === 0 && !mayBeEmpty)
      return {
        stream: reading.stream,
        unread: 'the audit says nothing of it: no bridge has written its records down',
      };
    const look = lookOf(config, reading);
    return checkRecords(
      ofStream,
      queue === undefined ? look : { ...look, takenOutAt: takenOutIn(queue, entries) },
      reading.records,
    );
  });
}

function queueOf(stream: string): Queue | undefined {
  return (Object.keys(QUEUE_STREAM) as Queue[]).find((queue) => QUEUE_STREAM[queue] === stream);
}

function takenOutIn(queue: Queue, entries: readonly AuditEntry[]): NonNullable<StreamLook['takenOutAt']> {
  const times = new Map<unknown, number[]>();
  for (const { action, at, what } of entries) {
    if (!TAKES_OUT.includes(action) || what.queue !== queue) continue;
    const known = times.get(what.seq);
    if (known === undefined) times.set(what.seq, [Date.parse(at)]);
    else known.push(Date.parse(at));
  }
  return (seq) => times.get(seq) ?? [];
}

function lookOf(config: BridgeConfig, { stream, at, records }: RecordsReading): StreamLook {
  const limits = topologyOf(config).streams.find(({ name }) => name === stream);
  const limit = (value = 0) => (value > 0 ? value : Number.POSITIVE_INFINITY);
  return {
    stream,
    firstSeq: records[0]?.seq ?? 0,
    messages: records.length,
    at,
    maxAgeMs: limit(limits?.maxAgeMs),
    maxMessages: limit(limits?.maxMsgs),
    maxPerSubject: limit(limits?.maxMsgsPerSubject),
  };
}
