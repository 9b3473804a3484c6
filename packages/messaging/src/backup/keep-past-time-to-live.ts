/**
 * A snapshot whose messages a server keeps although their own time is over. When it restores one, nats-server (2.15)
 * leaves out what has a `Nats-TTL` that has passed, also in a stream that knows no such times, as an archive of requests:
 * nearly all of it would be gone. So the header gets a name that means nothing to the server.
 */
import { PAST_TTL_HEADER, TTL_HEADER } from '@nats-bridge/protocol';
import { packS2, S2_BEGINNING, unpackS2Parts } from './s2.js';

/** What a snapshot begins with that holds message by message; others are given on as they are. */
const MAGIC = Buffer.from('NATSARC1');
const LINE = Buffer.from(`\r\n${TTL_HEADER}:`);

/**
 * @param parts of a snapshot, in any size
 * @returns parts of at most 64 KiB and a little
 * @throws Error for what is no snapshot
 */
export async function* keepPastTimeToLive(
  parts: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let rest: Buffer = Buffer.alloc(0);
  let isByMessage: boolean | undefined;
  yield S2_BEGINNING;
  for await (const block of unpackS2Parts(parts)) {
    rest = Buffer.concat([rest, block]);
    let done = 0;
    if (isByMessage === undefined) {
      if (rest.length < MAGIC.length) continue;
      isByMessage = rest.subarray(0, MAGIC.length).equals(MAGIC);
      done = isByMessage ? MAGIC.length : 0;
    }
    if (!isByMessage) done = rest.length;
    else
      for (let entry = entryAt(rest, done); entry !== undefined; entry = entryAt(rest, done)) {
        rename(rest.subarray(entry.headersAt, entry.bodyAt));
        done = entry.end;
      }
    yield* packS2(rest.subarray(0, done));
    rest = rest.subarray(done);
  }
  yield* packS2(rest);
}

type Entry = { readonly headersAt: number; readonly bodyAt: number; readonly end: number };

/**
 * Lengths, then a name, headers and body (`server/archive/archive.go` of nats-server): varints for the length of the
 * name, the time, the sequence, the length of the headers and that of the body.
 *
 * @returns undefined where it is not all there yet
 */
function entryAt(bytes: Buffer, begin: number): Entry | undefined {
  let at = begin;
  const varint = () => {
    let value = 0;
    for (let shift = 0; at < bytes.length; shift += 7) {
      const byte = bytes[at++] as number;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    return Number.POSITIVE_INFINITY; // it ends behind what is there
  };
  const [nameBytes = 0, , , headerBytes = 0, bodyBytes = 0] = Array.from({ length: 5 }, varint);
  const headersAt = at + nameBytes;
  const bodyAt = headersAt + headerBytes;
  const end = bodyAt + bodyBytes;
  return end <= bytes.length ? { headersAt, bodyAt, end } : undefined;
}

/** In place: both names are of one length. */
function rename(headers: Buffer): void {
  const found = headers.indexOf(LINE);
  if (found >= 0) headers.write(PAST_TTL_HEADER, found + 2, 'latin1');
}
