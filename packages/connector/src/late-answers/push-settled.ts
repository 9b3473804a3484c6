/**
 * Looks after the notes: one durable consumer that every bridge reads. A note whose answer is there is delivered until
 * somebody takes it; the others come back with growing pauses, and at once when their record is published.
 */
import {
  applyTopology,
  backoffMs,
  type Connection,
  type ConsumePullOptions,
  consumePull,
  type PullReader,
  RecordChangedError,
} from '@nats-bridge/messaging';
import { LOOKED_SUBJECT } from '@nats-bridge/protocol';
import type { Ledger } from '../ledger/ledger.js';
import { LATE_CONSUMER } from '../topology.js';
import { awaitRecords } from './await-records.js';
import { decodeNote, type LateNote } from './late-note.js';
import { isRenewed, type LateNotes } from './late-notes.js';
import { type Settlement, settlementOf } from './settlement.js';

/** Resolves to true when the other side has taken it. Must end within {@link LATE_CONSUMER}'s ack wait. */
export type Deliver = (settlement: Settlement) => Promise<boolean>;

export type PushWorld = {
  readonly connection: Connection;
  readonly ledger: Pick<Ledger, 'findLatest'>;
  readonly notes: Pick<LateNotes, 'renew'>;
  readonly onError: (error: unknown) => void;
};

type Delivered = Parameters<ConsumePullOptions['onMessage']>[0];

/** Deliveries under way at once, so that one dead receiver does not hold up the others. */
const MAX_IN_FLIGHT = 256;
/** 1, 2, 4 … s: until the answer is there, should its publication have been missed … */
const LOOK = { initialMs: 1_000, maxMs: 60_000 };
/** … and until it is taken. */
const RETRY = { initialMs: 1_000, maxMs: 300_000 };

export type Pusher = { close(): Promise<void> };

export async function pushSettled(world: PushWorld, deliver: Deliver): Promise<Pusher> {
  const { connection, ledger, notes, onError } = world;
  await applyTopology(connection, { streams: [], consumers: [LATE_CONSUMER] });
  const awaited = awaitRecords(connection, (note, seq) => {
    renew(note, seq).catch(onError); // it comes back by itself, later
  });

  /** Its answer is there: it starts anew, in one bridge's hand and with its pauses at the beginning. */
  async function renew(note: LateNote, seq: number): Promise<void> {
    try {
      await notes.renew(note, seq);
    } catch (error) {
      if (!(error instanceof RecordChangedError)) throw error; // else another bridge did it
    }
  }

  async function onMessage(message: Delivered): Promise<void> {
    if (message.subject === LOOKED_SUBJECT) return message.ack(); // no note
    const note = decodeNote(message.data);
    if (note === undefined) return message.term('not a note of the bridge');
    const before = message.deliveryCount - 1;
    try {
      // First listen, then look: what is recorded in between is heard.
      await awaited.add(note, message.seq);
      const settlement = settlementOf(note, await ledger.findLatest(note.merchant_id, note.idempotency_key));
      if (settlement === undefined) return message.nak(backoffMs(before, LOOK));
      const isRenewedMeanwhile = !awaited.forget(note);
      if (isRenewedMeanwhile) return message.nak(backoffMs(0, RETRY)); // it takes this one's place
      if (before > 0 && !isRenewed(message.headers)) {
        await renew(note, message.seq);
        return message.ack();
      }
      if (await deliver(settlement)) return message.ack();
    } catch (error) {
      onError(error);
    }
    message.nak(backoffMs(before, RETRY));
  }

  const reader: PullReader = consumePull(connection, {
    stream: LATE_CONSUMER.stream,
    consumer: LATE_CONSUMER.name,
    maxInFlight: MAX_IN_FLIGHT,
    onMessage,
    onError,
  });
  return {
    async close() {
      awaited.close();
      await reader.drain();
    },
  };
}
