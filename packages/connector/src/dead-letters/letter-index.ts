/**
 * What is known of all letters, in memory and without their bodies, so that a look needs no walk through the streams.
 * Each look asks the server what is new and what is gone, so it is as current as a walk.
 */
import {
  type Connection,
  deletedSeqs,
  type StreamState,
  storedMessages,
  streamState,
} from '@nats-bridge/messaging';
import { QUEUE_STREAM, type Queue } from '@nats-bridge/protocol';
import type { NatsBridge } from '../nats-bridge.js';
import { shareLooks } from '../pacing/shared-look.js';
import { type DeadLetter, parseLetter } from './dead-letter.js';
import { type LetterFilter, matches, queuesOf } from './letter-filter.js';
import { readVerdictSince } from './verdict-since.js';

/** A letter without its request. */
export type LetterSummary = Omit<DeadLetter, 'body' | 'requestHeaders'>;

export type LetterIndex = {
  /** Newest first. */
  list(filter?: LetterFilter): Promise<readonly LetterSummary[]>;
};

export function createLetterIndex({
  config,
  connection,
}: Pick<NatsBridge, 'config' | 'connection'>): LetterIndex {
  const shelves = {
    interventions: createShelf(connection, 'interventions'),
    dead_letters: createShelf(connection, 'dead_letters'),
  };

  // One after the other: each reads on where the one before it ended.
  const look = shareLooks((queue: Queue) => shelves[queue]());

  return {
    async list(filter = {}) {
      const verdictSince = await readVerdictSince(connection, config);
      const found = await Promise.all(queuesOf(filter).map(look));
      return found
        .flatMap((letters) => letters.map(verdictSince).filter((letter) => matches(letter, filter)))
        .sort((a, b) => b.at.getTime() - a.at.getTime());
    },
  };
}

/** @returns a look at the letters of one queue */
function createShelf(connection: Connection, queue: Queue): () => Promise<readonly LetterSummary[]> {
  const stream = QUEUE_STREAM[queue];
  const letters = new Map<number, LetterSummary>();
  let seen: StreamState | undefined;

  return async () => {
    const state = await streamState(connection, stream);
    // Made anew, or brought back from a backup: its numbers stand for others.
    if (seen !== undefined && (state.created !== seen.created || state.lastSeq < seen.lastSeq)) {
      letters.clear();
      seen = undefined;
    }
    const fromSeq = (seen?.lastSeq ?? 0) + 1;
    if (fromSeq <= state.lastSeq)
      for await (const stored of storedMessages(connection, stream, { fromSeq })) {
        if (stored.seq > state.lastSeq) break;
        const { body: _, requestHeaders: __, ...summary } = parseLetter(queue, stored);
        letters.set(stored.seq, summary);
      }
    if (seen !== undefined && (state.firstSeq !== seen.firstSeq || gapsIn(state) !== gapsIn(seen))) {
      for (const seq of letters.keys()) if (seq < state.firstSeq) letters.delete(seq);
      for (const seq of await deletedSeqs(connection, stream)) letters.delete(seq);
    }
    seen = state;
    return [...letters.values()];
  };
}

/** How many were taken out between the first and the last: while the first stays, it only grows. */
function gapsIn({ firstSeq, lastSeq, messages }: StreamState): number {
  return lastSeq - firstSeq + 1 - messages;
}
