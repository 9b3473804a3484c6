/** Headers between the bridge's plain records and what nats.js wants. */
import { type Msg, type MsgHdrs, MsgHdrsImpl } from '@nats-io/nats-core';
import { InvalidMessageError } from '../errors.js';

export type HeaderRecord = Readonly<Record<string, string>>;

const NAME = /^[\x21-\x39\x3b-\x7e]+$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused.
const BREAKS_LINE = /[\r\n\x00]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused.
const LITERAL_SUBJECT = /^[^\x00-\x20\x7f.*>]+(\.[^\x00-\x20\x7f.*>]+)*$/;

/** @throws InvalidMessageError for a name or value that would end its line */
export function encodeHeaders(record: HeaderRecord): MsgHdrs {
  const lists: Record<string, string[]> = {};
  for (const name in record) {
    const value = record[name] as string;
    if (!NAME.test(name) || BREAKS_LINE.test(value)) {
      throw new InvalidMessageError(`header ${JSON.stringify(name)} holds characters that NATS cannot carry`);
    }
    lists[name] = [value];
  }
  return MsgHdrsImpl.fromRecord(lists);
}

const NONE: HeaderRecord = Object.freeze({});

/** The first value of each header. */
export function readHeaders(message: Pick<Msg, 'headers'>): HeaderRecord {
  const headers = message.headers;
  if (headers === undefined) return NONE;
  const record: Record<string, string> = {};
  for (const [name, values] of headers) record[name] = values[0] ?? '';
  return record;
}

/** @throws InvalidMessageError for a subject that is empty, has wildcards, or holds white space */
export function assertLiteralSubject(subject: string): void {
  if (!LITERAL_SUBJECT.test(subject)) {
    throw new InvalidMessageError(`${JSON.stringify(subject)} is not a subject that can be published to`);
  }
}
