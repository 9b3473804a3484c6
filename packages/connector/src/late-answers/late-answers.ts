/** Late answers: what is remembered of calls that ended in doubt, and pushed when their answer is recorded. */
import { backoffMs, type Connection } from '@nats-bridge/messaging';
import { within } from '@nats-bridge/protocol';
import type { Ledger } from '../ledger/ledger.js';
import { pause } from '../pacing/pause.js';
import type { BridgeSealing } from '../sealing/bridge-sealing.js';
import { type LateNote, type NotedCall, noteOf } from './late-note.js';
import { createLateNotes } from './late-notes.js';
import { createLateReplies, type LateReplies } from './late-replies.js';
import { type Deliver, type Pusher, pushSettled } from './push-settled.js';
import { type Settlement, settlementOf } from './settlement.js';

export type LateAnswers = LateReplies & {
  /**
   * Notes a call that ends in doubt, or that a person has sent again, where its request says whom to tell. Never fails.
   * @param retry how often it was sent again; default 0
   */
  remember(call: NotedCall, retry?: number): Promise<void>;
  /** The note of a key; undefined when the operation never was in doubt, or nobody is to be told. */
  findNote(merchantId: string, key: string): Promise<LateNote | undefined>;
  /**
   * What became of it; undefined while the doubt lasts, too.
   * @throws when the streams cannot be read
   */
  find(merchantId: string, key: string): Promise<Settlement | undefined>;
  /**
   * Hands every answer that came late to `deliver`, until it takes it; begins once the streams are there. Replies that
   * nobody waits for are heard from then on.
   */
  push(deliver: Deliver): Pusher;
  /** The streams are there. */
  begin(): void;
  close(): void;
};

/** Without a broker there is nothing to wait for: what was in hand is delivered again, elsewhere. */
const CLOSE_MS = 5_000;

export function createLateAnswers(world: {
  readonly connection: Connection;
  readonly ledger: Pick<Ledger, 'findLatest' | 'write'>;
  readonly sealing: Pick<BridgeSealing, 'openAnswer'>;
  /** Whether there are streams; without them nothing is known. */
  readonly isDurable: boolean;
  /** Subscribes to replies, those that nobody waits for among them. */
  readonly listen: () => Promise<void>;
  readonly onError: (error: unknown) => void;
}): LateAnswers {
  const { connection, ledger, onError } = world;
  const notes = createLateNotes(connection, { onError });
  const findNote = async (merchantId: string, key: string) =>
    world.isDurable ? notes.find(merchantId, key) : undefined;
  let isClosed = false;
  let begin: () => void = () => {};
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });

  return {
    ...createLateReplies({ ledger, onUnrecorded: onError, isClosing: () => isClosed }, world.sealing),
    async remember(call, retry) {
      const note = noteOf(call, retry);
      if (note !== undefined) await notes.keep(note);
    },
    findNote,
    async find(merchantId, key) {
      const note = await findNote(merchantId, key);
      // From the leader: a bridge that saw the answer there may have told others to ask.
      return note && settlementOf(note, await ledger.findLatest(merchantId, key));
    },
    push(deliver) {
      const closing = new AbortController();
      let pusher: Pusher | undefined;
      begun.then(world.listen).catch(onError);
      begun
        .then(() => startPushing({ connection, ledger, notes, onError }, deliver, closing))
        .then((started) => {
          if (closing.signal.aborted) return started?.close();
          pusher = started;
        })
        .catch(onError);
      return {
        async close() {
          closing.abort();
          if (pusher !== undefined) await within(CLOSE_MS, pusher.close());
        },
      };
    },
    begin: () => begin(),
    close() {
      isClosed = true;
      notes.close();
    },
  };
}

/** As often as it takes: the broker may be away just now. */
async function startPushing(
  world: Parameters<typeof pushSettled>[0],
  deliver: Deliver,
  { signal }: AbortController,
): Promise<Pusher | undefined> {
  for (let attempt = 0; !signal.aborted; attempt++) {
    try {
      return await pushSettled(world, deliver);
    } catch (error) {
      if (signal.aborted) break;
      world.onError(error);
      await pause(backoffMs(attempt, { initialMs: 500, maxMs: 30_000 }), signal);
    }
  }
  return undefined;
}
