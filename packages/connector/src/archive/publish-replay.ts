/** Publishes a replay: in order, at a rate, each confirmed by the stream before the next. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRecordWriter } from '@nats-bridge/messaging';
import { encodeHeaderValue, HEADER } from '@nats-bridge/protocol';
import type { NatsBridge } from '../nats-bridge.js';
import { archiveNameOf } from '../topology.js';
import type { ReplayedRequest } from './replay.js';

/** What tells a replay from a request: it has no deadline, no idempotency key and nobody to reply to. */
const REPLAY_HEADER = {
  /** The same for all of one replay. */
  id: 'X-Replay-Id',
  /** Where the request stands: the archive's name and sequence. */
  stream: 'X-Replay-Stream',
  seq: 'X-Replay-Seq',
} as const;

export type PublishReplayOptions = {
  readonly subject: string;
  /** At most so many a second. */
  readonly perSecond: number;
  readonly onProgress?: (done: number) => void;
};

/** Where it stopped: everything up to `lastSeq` of the archive was published. */
export class ReplayStoppedError extends Error {
  override readonly name = 'ReplayStoppedError';
  constructor(
    readonly published: number,
    readonly lastSeq: number,
    cause: Error,
  ) {
    super(`the replay stopped after ${published} messages: ${cause.message}`, { cause });
  }
}

/**
 * @returns how many were published, and the stream that has them
 * @throws ReplayStoppedError when no stream takes one
 */
export async function publishReplay(
  { config, connection }: Pick<NatsBridge, 'config' | 'connection'>,
  requests: AsyncIterable<ReplayedRequest>,
  { subject, perSecond, onProgress }: PublishReplayOptions,
): Promise<{ readonly published: number; readonly stream: string | undefined }> {
  const writer = createRecordWriter(connection);
  const id = randomUUID();
  const archive = archiveNameOf(config);
  const startedAt = performance.now();
  let published = 0;
  let lastSeq = 0;
  let stream: string | undefined;
  try {
    for await (const request of requests) {
      await sleep(Math.max(0, startedAt + (published * 1_000) / perSecond - performance.now()));
      const ack = await writer.write(subject, Buffer.from(JSON.stringify(request)), {
        [REPLAY_HEADER.id]: id,
        [REPLAY_HEADER.stream]: archive,
        [REPLAY_HEADER.seq]: String(request.seq),
        [HEADER.merchantId]: encodeHeaderValue(request.merchant_id),
        [HEADER.paymentId]: encodeHeaderValue(request.payment_id),
        [HEADER.operation]: encodeHeaderValue(request.operation),
        [HEADER.contentType]: 'application/json',
        // What was not confirmed in time, and was stored all the same, is not stored twice.
        [HEADER.msgId]: `replay:${id}:${request.seq}`,
      });
      stream = ack.stream;
      lastSeq = request.seq;
      onProgress?.(++published);
    }
    return { published, stream };
  } catch (error) {
    throw new ReplayStoppedError(published, lastSeq, error as Error);
  } finally {
    writer.close();
  }
}
