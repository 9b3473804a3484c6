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
  const { merchantId, operation, original, requestHeaders, body } = letter;
  // The sequence comes again when the stream is made again; the request's own id does not.
  const id = `dead:${original.stream}:${original.seq}:${requestHeaders[HEADER.correlationId] ?? ''}`;
  const headers = { ...letterHeaders(letter), [HEADER.msgId]: id };
  const { duplicate } = await writer.write(letterSubject(queue, merchantId, operation), body, headers);
  return !duplicate;
}
