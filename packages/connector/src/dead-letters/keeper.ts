/**
 * Makes a dead letter of every request that the server gave up on, whatever worker had it, and of every operation that
 * nobody will answer any more.
 */
import {
  archivedMessage,
  type Connection,
  consumePull,
  createRecordWriter,
  type PullReader,
  type RecordWriter,
  type StoredRecord,
  storedMessage,
  streamState,
} from '@nats-bridge/messaging';
import {
  HEADER,
  movesMoney,
  NOTICE_CONSUMER,
  NOTICE_STREAM,
  parsePaymentSubject,
  parseRequestHeaders,
  type Queue,
  verdictOf,
} from '@nats-bridge/protocol';
import type { BridgeConfig } from '../config/bridge-config.js';
import type { Ledger } from '../ledger/ledger.js';
import { createWithdrawUnsent } from '../ledger/withdraw-unsent.js';
import { archiveNameOf } from '../topology.js';
import { type NewDeadLetter, requestHeadersOf } from './dead-letter.js';
import { watchDoubts } from './watch-doubts.js';
import { writeLetter } from './write-letter.js';

export type KeeperOptions = {
  onLetter?(queue: Queue, letter: NewDeadLetter): void;
  /** A notice that could not be dealt with comes back. */
  onError?(error: unknown): void;
  /** Told when looking for operations that nobody will answer begins to fail, and when the reason changes; it goes on. */
  onLookError?(error: Error): void;
  /** How often operations are looked for that nobody will answer, in milliseconds. Default 2 000. */
  readonly lookEveryMs?: number;
};

type KeeperWorld = {
  readonly config: BridgeConfig;
  readonly connection: Connection;
  readonly ledger: Pick<Ledger, 'findLatest' | 'write'>;
};

export type Keeper = { close(): Promise<void> };

/** What the server says when it gives up on a message (nats-server, JSConsumerDeliveryExceededAdvisory and the like). */
type Notice = {
  readonly stream: string;
  readonly consumer: string;
  readonly stream_seq: number;
  readonly deliveries: number;
  /** Of a termination, where the worker gave one and the server passes it on (2.10.4). */
  readonly reason?: string;
  readonly type: string;
  /** When it gave up: RFC 3339. */
  readonly timestamp: string;
};

const AGAIN_MS = 2_000;
const UNKNOWN = 'unknown';

/** Any number of bridges may keep letters at the same time. */
export function keepDeadLetters(world: KeeperWorld, options: KeeperOptions = {}): Keeper {
  const { connection } = world;
  const { onLetter = () => {}, onError = () => {} } = options;
  const writer = createRecordWriter(connection);
  const reader: PullReader = consumePull(connection, {
    stream: NOTICE_STREAM,
    consumer: NOTICE_CONSUMER,
    maxInFlight: 16,
    async onMessage(message) {
      try {
        const kept = await keep(JSON.parse(Buffer.from(message.data).toString()) as Notice, writer, world);
        message.ack();
        if (kept !== undefined) onLetter(kept.queue, kept.letter);
      } catch (error) {
        message.nak(AGAIN_MS);
        onError(error);
      }
    },
    onError,
  });
  const { config, ledger } = world;
  const withdrawUnsent = createWithdrawUnsent(connection, config, ledger);
  const watch = watchDoubts(
    { config, connection, ledger, writer, withdrawUnsent },
    {
      everyMs: options.lookEveryMs,
      onLetter: (letter) => onLetter('interventions', letter),
      onError: options.onLookError,
    },
  );
  return {
    async close() {
      await Promise.all([reader.drain(), watch.close()]);
      writer.close();
    },
  };
}

/** @returns undefined when another bridge has made the letter already */
async function keep(notice: Notice, writer: RecordWriter, world: KeeperWorld) {
  const original = await originalOf(notice, world);
  const letter = await letterOf(notice, original, world);
  const isMoney = movesMoney(letter.operation);
  const queue: Queue = isMoney && letter.verdict === 'unknown' ? 'interventions' : 'dead_letters';
  return (await writeLetter(writer, queue, letter)) ? { queue, letter } : undefined;
}

/**
 * The request that a notice speaks of. Of a stream that was made again in between, what has its sequence may be
 * another one.
 *
 * @returns undefined when neither the stream nor its archive has it any longer
 */
async function originalOf(
  { stream, stream_seq, timestamp }: Notice,
  { config, connection }: KeeperWorld,
): Promise<StoredRecord | undefined> {
  const created = new Date((await streamState(connection, stream)).created);
  const archive = archiveNameOf(config);
  if (new Date(timestamp) < created)
    return archivedMessage(connection, archive, stream_seq, { before: created });
  return (
    (await storedMessage(connection, stream, stream_seq)) ??
    (await archivedMessage(connection, archive, stream_seq, { since: created }))
  );
}

/** @param original undefined when neither the stream nor its archive has it any longer */
async function letterOf(
  notice: Notice,
  original: StoredRecord | undefined,
  { config, ledger }: KeeperWorld,
): Promise<NewDeadLetter> {
  const headers = original?.headers ?? {};
  const sent = parsePaymentSubject(original?.subject ?? '');
  const {
    merchantId = sent?.merchantId || UNKNOWN,
    operation = sent?.operation || UNKNOWN,
    paymentId = '',
    idempotencyKey = '',
    retry = 0,
  } = parseRequestHeaders(headers);
  const entry = idempotencyKey === '' ? undefined : await ledger.findLatest(merchantId, idempotencyKey);
  const isOwnConsumer = notice.consumer.startsWith(`${config.jetstream.consumer_name}-`);
  const verdict =
    original === undefined
      ? 'unknown'
      : verdictOf({
          record: entry?.record,
          answer: entry?.answer?.status,
          // Workers on a consumer of their own, and those a bridge had to keep the record for.
          mayHaveRunUnrecorded: !isOwnConsumer || entry?.record.state === 'sent',
        });
  return {
    merchantId,
    operation,
    paymentId,
    idempotencyKey,
    reason: reasonOf(notice),
    error: entry?.record.reason,
    attempts: notice.deliveries,
    worker: entry?.record.by,
    verdict,
    retry,
    original: {
      stream: notice.stream,
      seq: notice.stream_seq,
      subject: original?.subject ?? '',
      consumer: notice.consumer,
      msgId: headers[HEADER.msgId] ?? '',
    },
    requestHeaders: requestHeadersOf(headers),
    body: original?.body ?? new Uint8Array(),
  };
}

function reasonOf({ type, reason }: Notice): string {
  if (type.includes('max_deliver')) return 'max_deliver';
  return reason === undefined || reason === '' ? 'terminated' : reason;
}
