/**
 * Reads every record once, behind the payments, and finds those that stay open: whoever was to notice has died, or hears
 * no more. One bridge reads at a time. How far it has come is stored, so another goes on there when that one dies.
 */
import { randomUUID } from 'node:crypto';
import {
  createRecordStore,
  RecordChangedError,
  type StoredRecord,
  storedMessages,
  streamState,
} from '@nats-bridge/messaging';
import {
  BridgeError,
  type Headers,
  LATE_STREAM,
  LOOKED_SUBJECT,
  movesMoney,
  type Operation,
  operationInKey,
  parseRecord,
  parseRecordSubject,
  RECORD_HEADER,
  RECORD_STREAM,
  stateOf,
} from '@nats-bridge/protocol';
import { z } from 'zod';
import { timeoutOf } from '../config/bridge-config.js';
import { readAnswer } from '../ledger/answer.js';
import { mayBeSentUntil } from '../ledger/withdraw-unsent.js';
import { type ReportFault, startPeriodicTask } from '../pacing/periodic-task.js';
import type { NewDeadLetter } from './dead-letter.js';
import { type GiveUpWorld, giveUp, type OpenOperation } from './give-up.js';
import { createLetterIndex } from './letter-index.js';

export type DoubtWatchOptions = {
  /** How often the records are looked at, in milliseconds. Default 2 000. */
  readonly everyMs?: number;
  readonly onLetter: (letter: NewDeadLetter) => void;
  /** Told when it begins to fail, and when the reason changes; it goes on trying. */
  readonly onError?: ((error: Error) => void) | undefined;
};

export type DoubtWatch = { close(): Promise<void> };

type Open = OpenOperation & { readonly lookAt: number };

/** What the bridge that reads has in memory. */
type Reading = {
  /** Of the stream of records, when it was made: sequences begin anew with it. */
  readonly created: string;
  /** The last record that was read. */
  readTo: number;
  /** By the subject of their record, oldest first. */
  readonly open: Map<string, Open>;
  /** The stored place: what it says, its sequence, and when it was written. */
  readonly place: { readonly upTo: number; readonly seq: number; readonly at: number };
};

const placeSchema = z.object({ created: z.string(), up_to: z.int().min(0), by: z.string() });
type Place = Readonly<z.output<typeof placeSchema>>;

const EVERY_MS = 2_000;
/** In looks: the place is written this often while something comes, … */
const PLACE_LOOKS = 2;
/** … an operation that somebody may still answer is looked at again, … */
const AGAIN_LOOKS = 5;
/** … and a reader that has not written for so long is taken to be gone. */
const GONE_LOOKS = 6;
/** Records read at a stretch, and operations kept in memory. */
const MOST_AT_ONCE = 10_000;
const MOST_OPEN = 100_000;

export function watchDoubts(world: GiveUpWorld, options: DoubtWatchOptions): DoubtWatch {
  const { config, connection, writer } = world;
  const { everyMs = EVERY_MS, onLetter, onError = () => {} } = options;
  const me = randomUUID();
  const places = createRecordStore(connection, { stream: LATE_STREAM, writer });
  const letters = createLetterIndex(world);
  const closing = new AbortController();
  let reading: Reading | undefined;

  async function look(report: ReportFault): Promise<void> {
    do {
      reading = await currentReading();
      if (reading === undefined) return;
      const isMore = await readOn(reading);
      await settleDue(reading, report);
      await writePlace(reading);
      if (!isMore) return;
    } while (!closing.signal.aborted);
  }

  /** @returns undefined while another bridge reads */
  async function currentReading(): Promise<Reading | undefined> {
    const stored = await places.read(LOOKED_SUBJECT);
    const place = stored && placeIn(stored);
    const isFresh = stored !== undefined && Date.now() - stored.storedAt.getTime() < GONE_LOOKS * everyMs;
    if (place !== undefined && place.by !== me && isFresh) return undefined;
    const { created, lastSeq } = await streamState(connection, RECORD_STREAM);
    const seq = stored?.seq ?? 0;
    const isSame = reading?.created === created && reading.place.seq === seq;
    // A stream that ends before what was read has lost its end: what comes there now is read, too.
    if (isSame && reading !== undefined && reading.readTo <= lastSeq) return reading;
    const upTo = place?.created === created ? Math.min(place.up_to, lastSeq) : 0;
    return { created, readTo: upTo, open: new Map(), place: { upTo, seq, at: 0 } };
  }

  /** @returns whether there may be more */
  async function readOn(it: Reading): Promise<boolean> {
    if (it.open.size >= MOST_OPEN) return false;
    let count = 0;
    for await (const stored of storedMessages(connection, RECORD_STREAM, { fromSeq: it.readTo + 1 })) {
      it.readTo = stored.seq;
      it.open.delete(stored.subject); // a later record of the same key takes its place, behind all others
      const open = openIn(stored);
      if (open !== undefined) it.open.set(stored.subject, open);
      if (++count >= MOST_AT_ONCE || closing.signal.aborted) return true;
    }
    return false;
  }

  function openIn(stored: StoredRecord): Open | undefined {
    if (isConcluded(stored.headers)) return undefined;
    const ids = parseRecordSubject(stored.subject);
    const operation = operationInKey(ids?.idempotencyKey ?? '');
    if (ids === undefined || !movesMoney(operation)) return undefined;
    if (stateOf(stored.headers) === 'answered' && isReadable(stored)) return undefined;
    return { ...ids, operation, seq: stored.seq, lookAt: firstLookAt(stored, operation) };
  }

  function firstLookAt({ headers, seq, storedAt }: StoredRecord, operation: Operation): number {
    const at = storedAt.getTime();
    if (stateOf(headers) === 'sent') return mayBeSentUntil(parseRecord(headers, seq, at), config);
    return at + timeoutOf(config, operation) + config.jetstream.ack_wait;
  }

  async function settleDue(it: Reading, report: ReportFault): Promise<void> {
    const due = [...it.open].filter(([, { lookAt }]) => lookAt <= Date.now());
    if (due.length === 0) return;
    const known = await letters.list({ queue: 'interventions' });
    const onTheList = new Set(known.map((one) => nameOf(one, one.retry)));
    for (const [subject, open] of due) {
      if (closing.signal.aborted) return;
      const hasLetter = (retry: number) => onTheList.has(nameOf(open, retry));
      if (await isDone(open, hasLetter, report)) it.open.delete(subject);
      else it.open.set(subject, { ...open, lookAt: Date.now() + AGAIN_LOOKS * everyMs });
    }
  }

  async function isDone(
    open: Open,
    hasLetter: (retry: number) => boolean,
    report: ReportFault,
  ): Promise<boolean> {
    try {
      const given = await giveUp(open, hasLetter, world);
      if (given.kind === 'letter') onLetter(given.letter);
      return given.kind !== 'wait';
    } catch (error) {
      // Somebody has just written what became of it: that is seen when it is looked at again.
      if (!(error instanceof RecordChangedError)) report(error);
      return false;
    }
  }

  /** Before the oldest that is open: who goes on from there finds all that are. */
  async function writePlace(it: Reading): Promise<void> {
    const [oldest] = it.open.values();
    const upTo = oldest === undefined ? it.readTo : oldest.seq - 1;
    if (upTo === it.place.upTo && it.open.size === 0) return;
    if (Date.now() - it.place.at < PLACE_LOOKS * everyMs) return;
    const place: Place = { created: it.created, up_to: upTo, by: me };
    try {
      const body = Buffer.from(JSON.stringify(place));
      const seq = await places.write(LOOKED_SUBJECT, body, {}, it.place.seq);
      reading = { ...it, place: { upTo, seq, at: Date.now() } };
    } catch (error) {
      reading = undefined;
      if (!(error instanceof RecordChangedError)) throw error; // else another bridge reads
    }
  }

  const task = config.jetstream_enabled
    ? startPeriodicTask(look, { everyMs, onError, isPossible: () => connection.current !== undefined })
    : undefined;
  return {
    async close() {
      closing.abort();
      await task?.close();
    },
  };
}

function nameOf(
  { merchantId, idempotencyKey }: Pick<OpenOperation, 'merchantId' | 'idempotencyKey'>,
  retry: number,
) {
  return `${merchantId}\n${idempotencyKey}\n${retry}`;
}

/** Whoever names a state writes answers that can be read; a worker that knows only the contract names none. */
function isConcluded(headers: Headers): boolean {
  if (headers[RECORD_HEADER.state] === undefined) return false;
  const state = stateOf(headers);
  return state === 'answered' || state === 'withdrawn';
}

function isReadable(answer: StoredRecord): boolean {
  try {
    readAnswer(answer);
    return true;
  } catch (error) {
    if (error instanceof BridgeError) return false;
    throw error;
  }
}

/** @returns undefined for what no bridge has written: then it is read from the beginning */
function placeIn({ body }: StoredRecord): Place | undefined {
  try {
    return placeSchema.safeParse(JSON.parse(Buffer.from(body).toString())).data;
  } catch {
    return undefined;
  }
}
