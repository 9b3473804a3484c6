/** Unpacks S2, in which the server writes snapshots: Snappy's framing and blocks, and in them repeated offsets. */

const COMPRESSED = 0x00;
const UNCOMPRESSED = 0x01;
/** Chunks from here on are padding, indexes and the stream's name; those below are not known, and may not be skipped. */
const FIRST_SKIPPABLE = 0x80;
const CHECKSUM_BYTES = 4;

/** @throws Error for what is no such stream */
export function unpackS2(packed: Buffer): Buffer {
  const blocks: Buffer[] = [];
  for (let at = 0; at < packed.length; ) {
    const kind = packed.readUInt8(at);
    const chunk = packed.subarray(at + 4, at + 4 + packed.readUIntLE(at + 1, 3));
    if (kind === COMPRESSED) blocks.push(unpackBlock(chunk.subarray(CHECKSUM_BYTES)));
    else if (kind === UNCOMPRESSED) blocks.push(chunk.subarray(CHECKSUM_BYTES));
    else if (kind < FIRST_SKIPPABLE) throw new Error(`no S2 stream: a chunk of kind ${kind} at ${at}`);
    at += 4 + chunk.length;
  }
  return Buffer.concat(blocks);
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
