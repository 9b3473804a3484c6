/** S2, in which the server writes snapshots: Snappy's framing and blocks, and in them repeated offsets. */

const COMPRESSED = 0x00;
const UNCOMPRESSED = 0x01;
/** Chunks from here on are padding, indexes and the stream's name; those below are not known, and may not be skipped. */
const FIRST_SKIPPABLE = 0x80;
const HEAD_BYTES = 4;
const CHECKSUM_BYTES = 4;

/** @throws Error for what is no such stream */
export function unpackS2(packed: Buffer): Buffer {
  const { blocks, rest } = unpackChunks(packed);
  if (rest.length > 0) throw new Error('no S2 stream: it ends within a chunk');
  return Buffer.concat(blocks);
}

/**
 * The same for one that comes in parts, a block at a time.
 *
 * @throws Error for what is no such stream
 */
export async function* unpackS2Parts(
  parts: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const part of parts) {
    const unpacked = unpackChunks(Buffer.concat([rest, part]));
    rest = unpacked.rest;
    yield* unpacked.blocks;
  }
  if (rest.length > 0) throw new Error('no S2 stream: it ends within a chunk');
}

/** Whole chunks, and what begins behind them. */
function unpackChunks(packed: Buffer): { readonly blocks: readonly Buffer[]; readonly rest: Buffer } {
  const blocks: Buffer[] = [];
  let at = 0;
  while (at + HEAD_BYTES <= packed.length) {
    const kind = packed.readUInt8(at);
    const end = at + HEAD_BYTES + packed.readUIntLE(at + 1, 3);
    if (end > packed.length) break;
    const content = packed.subarray(at + HEAD_BYTES + CHECKSUM_BYTES, end);
    if (kind === COMPRESSED) blocks.push(unpackBlock(content));
    else if (kind === UNCOMPRESSED) blocks.push(content);
    else if (kind < FIRST_SKIPPABLE) throw new Error(`no S2 stream: a chunk of kind ${kind} at ${at}`);
    at = end;
  }
  return { blocks, rest: packed.subarray(at) };
}

/** What any S2 stream begins with. */
export const S2_BEGINNING = Buffer.from('\xff\x06\x00\x00S2sTwO', 'latin1');
/** Snappy's readers, too, take blocks of this size. */
const BLOCK_BYTES = 65_536;

/** As chunks that are not compressed: written once, and read by a server at once. */
export function* packS2(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += BLOCK_BYTES) {
    const block = bytes.subarray(at, at + BLOCK_BYTES);
    const head = Buffer.alloc(HEAD_BYTES + CHECKSUM_BYTES);
    head.writeUInt8(UNCOMPRESSED, 0);
    head.writeUIntLE(block.length + CHECKSUM_BYTES, 1, 3);
    head.writeUInt32LE(maskedCrc32c(block), HEAD_BYTES);
    yield Buffer.concat([head, block]);
  }
}

const CASTAGNOLI = 0x82f63b78;
const CRC32C = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ CASTAGNOLI : crc >>> 1;
  return crc;
});

/** Snappy masks its checksums, so that a checksum of what holds checksums is one. */
function maskedCrc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (CRC32C[(crc ^ byte) & 0xff] as number) ^ (crc >>> 8);
  crc = ~crc >>> 0;
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

function unpackBlock(block: Buffer): Buffer {
  let at = 0;
  const next = (bytes: number) => {
    const value = bytes === 0 ? 0 : block.readUIntLE(at, bytes);
    at += bytes;
    return value;
  };
  let size = 0;
  for (let shift = 0, byte = 0x80; byte >= 0x80; shift += 7) {
    byte = next(1);
    size += (byte & 0x7f) * 2 ** shift;
  }
  const out = Buffer.alloc(size);
  let end = 0;
  let offset = 0;
  const copy = (length: number) => {
    if (offset < 1 || offset > end) throw new Error(`no S2 block: a copy from ${offset} before ${end}`);
    // Byte by byte: a copy may reach into what it writes.
    for (const stop = end + length; end < stop; end++) out[end] = out[end - offset] as number;
  };
  while (at < block.length) {
    const tag = next(1);
    const upper = tag >> 2;
    switch (tag & 3) {
      case 0: {
        const length = (upper < 60 ? upper : next(upper - 59)) + 1;
        block.copy(out, end, at, at + length);
        at += length;
        end += length;
        break;
      }
      case 1: {
        const near = ((tag & 0xe0) << 3) | next(1);
        const code = upper & 7;
        if (near > 0) offset = near;
        copy(4 + (near > 0 ? code : repeatedLength(code, next)));
        break;
      }
      case 2:
        offset = next(2);
        copy(upper + 1);
        break;
      default:
        offset = next(4);
        copy(upper + 1);
    }
  }
  if (end !== size) throw new Error(`no S2 block: ${end} bytes instead of ${size}`);
  return out;
}

/** Of a copy from where the last one was: longer ones have bytes of their own. */
function repeatedLength(code: number, next: (bytes: number) => number): number {
  if (code < 5) return code;
  const bytes = code - 4;
  return next(bytes) + (bytes === 1 ? 4 : 2 ** (8 * (bytes - 1)));
}
