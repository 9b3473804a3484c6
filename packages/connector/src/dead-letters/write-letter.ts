/** Puts a letter into its queue: one of each request, whoever finds first that it was given up. */
import type { RecordWriter } from '@nats-bridge/messaging';
import { HEADER, letterSubject, type Queue } from '@nats-bridge/protocol';
import { letterHeaders, type NewDeadLetter } from './dead-letter.js';

/** @returns false when there is one already */
export async function writeLetter(
  writer: RecordWriter,
  queue: Queue,
  letter: NewDeadLetter,
): Promise<boolean> {
  const { merchantId, operation, original, retry, requestHeaders, body } = letter;
  // The sequence comes again when the stream is made again, and is 0 where the request is gone; its own ids do not.
  const ids = [HEADER.correlationId, HEADER.merchantId, HEADER.idempotencyKey].map(
    (name) => requestHeaders[name] ?? '',
  );
  const id = ['dead', original.stream, original.seq, retry, ...ids].join(':');
  const headers = { ...letterHeaders(letter), [HEADER.msgId]: id };
  const { duplicate } = await writer.write(letterSubject(queue, merchantId, operation), body, headers);
  return !duplicate;
}
