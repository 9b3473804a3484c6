/** The records of payments as a file: a line of JSON for each stream, followed by one for each of its records. */
import { isoTime } from '@nats-bridge/protocol';
import { z } from 'zod';
import type { RecordsReading, RecordsUnread } from './verify-records.js';

const streamLine = z.strictObject({ stream: z.string(), read_at: z.iso.datetime() });
const recordLine = z.strictObject({
  seq: z.int().min(1),
  subject: z.string(),
  stored_at: z.iso.datetime(),
  headers: z.record(z.string(), z.string()),
  body: z.base64(),
});
const line = z.union([streamLine, recordLine]);

/** @returns the text of the file; streams that could not be read are not in it */
export function exportRecords(readings: readonly (RecordsReading | RecordsUnread)[]): string {
  const lines: z.output<typeof line>[] = [];
  for (const reading of readings) {
    if ('unread' in reading) continue;
    lines.push({ stream: reading.stream, read_at: isoTime(reading.at) });
    for (const { seq, subject, storedAt, headers, body } of reading.records)
      lines.push({
        seq,
        subject,
        stored_at: storedAt.toISOString(),
        headers: { ...headers },
        body: Buffer.from(body).toString('base64'),
      });
  }
  return lines.map((one) => `${JSON.stringify(one)}\n`).join('');
}

/**
 * @param path named in errors
 * @param now a file that says it was made later is taken as made now: nothing has expired before its time
 * @throws Error that names the line, where it is none of an export
 */
export function importRecords(text: string, path: string, now = Date.now()): readonly RecordsReading[] {
  const readings: (Omit<RecordsReading, 'records'> & { records: RecordsReading['records'][number][] })[] = [];
  for (const [index, row] of text.split('\n').entries()) {
    if (row === '') continue;
    const read = lineOf(row);
    const last = readings.at(-1);
    if (read !== undefined && 'stream' in read)
      readings.push({ stream: read.stream, at: Math.min(Date.parse(read.read_at), now), records: [] });
    else if (read !== undefined && last !== undefined)
      last.records.push({
        seq: read.seq,
        subject: read.subject,
        storedAt: new Date(read.stored_at),
        headers: read.headers,
        body: Buffer.from(read.body, 'base64'),
      });
    else
      throw new Error(
        `${path}: line ${index + 1} is no line of exported records: take a file of nats-bridge audit export --records`,
      );
  }
  return readings;
}

function lineOf(row: string): z.output<typeof line> | undefined {
  try {
    return line.parse(JSON.parse(row));
  } catch {
    return undefined;
  }
}
