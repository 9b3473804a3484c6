/** What may leave the work stream, and when: it holds only what may still be executed (docs/delivery.md). */
import { type ConsumerInfo, JetStreamApiError, type JetStreamManager } from '@nats-io/jetstream';
import type { Connection } from '../connection/connection.js';
import { managerOf } from '../connection/manager-of.js';
import { listConsumers } from '../consume/list-consumers.js';
import { takesSubject } from '../consume/takes-subject.js';
import { originSeqOf } from '../stored/origin.js';
import { storedMessage } from '../stored/stored-messages.js';
import { watchServer } from './watch-server.js';

/** A consumer as it was seen: its name is used again by one that is made after it is gone. */
export type KnownConsumer = Pick<ConsumerInfo, 'name' | 'created' | 'config' | 'cluster'>;

export type SentRequest = {
  readonly subject: string;
  /** Its place in the stream. */
  readonly seq: number;
  /** Not before this time it was sent; milliseconds since the epoch. */
  readonly sentAt: number;
};

export type WorkStream = {
  /**
   * Takes a request out of the stream before anybody got it. True when no consumer of its subject had come as far,
   * before and after, none of them is gone, and their server is the same: nobody can have begun it.
   * @param consumers of the stream, when it was sent. How far one had come that is gone, an ephemeral one with its
   * worker say, nobody can tell. Nor how far one really has come whose server died: what it wrote last of that is lost
   * @throws the server's error when it cannot be taken out: then it may still run
   */
  takeBack(request: SentRequest, consumers: readonly KnownConsumer[]): Promise<boolean>;
  /** It is answered, or withdrawn: it leaves with the next sweep. */
  settled(seq: number): void;
  /** Operations whose requests have been sent since: their acknowledged requests leave with the next sweep. */
  used(consumer: string): void;
  close(): void;
};

export type WorkStreamOptions = {
  readonly stream: string;
  /** Sources the stream; nothing leaves before it is there. */
  readonly archive: string;
  /** How often acknowledged requests are taken out, in milliseconds. Default 1 000. */
  readonly sweepMs?: number;
  readonly onError?: (error: Error) => void;
};

export function createWorkStream(connection: Connection, options: WorkStreamOptions): WorkStream {
  const { stream, archive } = options;
  const server = watchServer(connection);
  const settledSeqs = new Set<number>();
  /** With the sequence up to which their requests have left. */
  const usedConsumers = new Map<string, number>();
  /** When it was made, of the stream that was swept last. */
  let sweptStream: string | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;

  function wake(): void {
    if (isClosed) return;
    timer ??= setTimeout(() => {
      sweep()
        .catch((error: Error) => options.onError?.(error))
        .finally(() => {
          timer = undefined;
          if (usedConsumers.size > 0 || settledSeqs.size > 0) wake();
        });
    }, options.sweepMs ?? 1_000).unref();
  }

  async function sweep(): Promise<void> {
    if (connection.current === undefined) return;
    const jsm = await managerOf(connection);
    const { created } = await jsm.streams.info(stream);
    if (created !== sweptStream) forgetOthersOf(created);
    const archivedUpTo = await lastArchived(connection, jsm, archive, new Date(created));
    await unlessRefused([...usedConsumers], async ([name, leftUpTo]) => {
      const floor = await acknowledgedUpTo(jsm, name);
      if (floor === undefined) return;
      const seq = Math.min(floor.seq, archivedUpTo);
      usedConsumers.set(name, seq);
      if (floor.isIdle && seq === floor.seq) usedConsumers.delete(name);
      if (seq > leftUpTo) await jsm.streams.purge(stream, { filter: floor.subject, seq: seq + 1 });
    });
    await unlessRefused([...settledSeqs], async (seq) => {
      if (seq > archivedUpTo) return;
      await remove(jsm, seq);
      settledSeqs.delete(seq);
    });
  }

  /** A stream that was made again may give its numbers to other requests. */
  function forgetOthersOf(created: string): void {
    if (sweptStream !== undefined) {
      settledSeqs.clear();
      for (const name of usedConsumers.keys()) usedConsumers.set(name, 0);
    }
    sweptStream = created;
  }

  /** It may have left before; what is still there could not be deleted. */
  async function remove(jsm: JetStreamManager, seq: number): Promise<void> {
    try {
      await jsm.streams.deleteMessage(stream, seq, false);
    } catch (error) {
      if ((await storedMessage(connection, stream, seq)) !== undefined) throw error;
    }
  }

  async function acknowledgedUpTo(jsm: JetStreamManager, name: string) {
    const info = await jsm.consumers.info(stream, name).catch(() => undefined);
    if (info === undefined) return undefined;
    const subject = info.config.filter_subject;
    if (subject === undefined) return undefined;
    const isIdle = info.num_pending === 0 && info.num_ack_pending === 0;
    return { subject, seq: info.ack_floor.stream_seq, isIdle };
  }

  return {
    async takeBack({ subject, seq, sentAt }, consumers) {
      if (sentAt < server.since()) return false;
      const jsm = await managerOf(connection);
      const takers = consumers.filter((one) => takesSubject(one, subject));
      const before = await consumersBehind(connection, stream, subject, seq, takers);
      if (before === undefined) return false;
      await remove(jsm, seq);
      const after = await consumersBehind(connection, stream, subject, seq, before);
      return after !== undefined && sentAt >= server.since();
    },
    settled(seq) {
      settledSeqs.add(seq);
      wake();
    },
    used(consumer) {
      if (!usedConsumers.has(consumer)) usedConsumers.set(consumer, 0);
      wake();
    },
    close() {
      isClosed = true;
      server.close();
      clearTimeout(timer);
    },
  };
}

/** Of each one, although the server refuses others. @throws the first refusal at the end; anything else at once */
async function unlessRefused<T>(all: readonly T[], act: (one: T) => Promise<void>): Promise<void> {
  const refusals: JetStreamApiError[] = [];
  for (const one of all)
    await act(one).catch((error: unknown) => {
      if (!(error instanceof JetStreamApiError)) throw error;
      refusals.push(error);
    });
  if (refusals[0] !== undefined) throw refusals[0];
}

/**
 * Its source's sequence of the last message the archive has; what it says of its lag may be a moment old.
 *
 * @param since when the source was made: 0 while the archive has only copies of an earlier one
 */
async function lastArchived(
  connection: Connection,
  jsm: JetStreamManager,
  archive: string,
  since: Date,
): Promise<number> {
  const { state } = await jsm.streams.info(archive);
  if (state.last_seq === 0) return 0;
  const last = await storedMessage(connection, archive, state.last_seq);
  return last === undefined || last.storedAt < since ? 0 : originSeqOf(last.headers);
}

/**
 * The consumers of a subject, when none has come as far as a message.
 * @param known those there were before
 * @returns undefined when somebody may have been given the message: one has come as far, one of those known is gone, or
 * the server does not tell of all
 */
async function consumersBehind(
  connection: Connection,
  stream: string,
  subject: string,
  seq: number,
  known: readonly KnownConsumer[],
): Promise<readonly ConsumerInfo[] | undefined> {
  const { consumers, isWhole } = await listConsumers(connection, stream);
  if (!isWhole) return undefined;
  const there: ConsumerInfo[] = [];
  for (const consumer of consumers) {
    if (!takesSubject(consumer, subject)) continue;
    if (consumer.delivered.stream_seq >= seq) return undefined;
    there.push(consumer);
  }
  const isThere = (one: KnownConsumer) => there.some((other) => isSame(one, other));
  return known.every(isThere) ? there : undefined;
}

/** Its leader, too: what an older server had delivered it may not have told the others when it died. */
function isSame(one: KnownConsumer, other: KnownConsumer): boolean {
  return (
    one.name === other.name &&
    one.created === other.created &&
    one.cluster?.leader === other.cluster?.leader &&
    one.cluster?.leader_since === other.cluster?.leader_since
  );
}
