/** The UCS codec: protobuf bytes to the object that travels as JSON, and back. */
import protobuf from 'protobufjs/minimal.js';
import { UcsDecodeError, UcsEncodeError } from './codec-error.js';
import { createMessageReaders, Malformed } from './decode.js';
import { createMessageWriters, Mismatch } from './encode.js';
import type { JsonObject } from './json.js';
import { UCS_SCHEMA, type UcsSchema } from './schema.js';

export type UcsCodec = {
  /**
   * Decodes a message: names in snake_case, enumerations by name (an unknown number stays a number), secrets as
   * plain text, integers beyond 2^53 as decimal text, bytes as base64. Unknown fields are skipped.
   *
   * @throws UcsDecodeError when the bytes are cut off, malformed, not UTF-8 where they are text, or nested more
   *   than 100 deep.
   */
  decode(messageType: string, bytes: Uint8Array): JsonObject;
  /**
   * Encodes a message from the form {@link decode} gives, fields in ascending order. null and undefined mean absent.
   *
   * @throws UcsEncodeError for an unknown name, a wrong type, an unknown enumeration value, an integer out of range
   *   or two members of one oneof.
   */
  encode(messageType: string, object: unknown): Uint8Array;
  /** The same, for what comes from a contract that may be later than this schema: names it does not know are skipped. */
  encodeKnown(messageType: string, object: unknown): Uint8Array;
};

/**
 * A codec for the messages of a schema. What is needed for a message type is compiled when it is first used and
 * kept with the codec. Canonical bytes that are decoded and encoded again are the same bytes, but for the order of
 * a map's entries whose keys are whole numbers.
 */
export function createUcsCodec(schema: UcsSchema = UCS_SCHEMA): UcsCodec {
  const readerOf = createMessageReaders(schema);
  const encodeWith = (writerOf: ReturnType<typeof createMessageWriters>): UcsCodec['encode'] => {
    return (messageType, object) => {
      const write = writerOf(messageType);
      const writer = protobuf.Writer.create();
      try {
        write(writer, object);
      } catch (cause) {
        if (cause instanceof Mismatch) throw new UcsEncodeError(messageType, cause.where, cause.expected);
        throw cause;
      }
      return writer.finish();
    };
  };
  return {
    decode(messageType, bytes) {
      const read = readerOf(messageType);
      const reader = protobuf.Reader.create(bytes);
      try {
        return read(reader);
      } catch (cause) {
        // Not what protobufjs says: its lengths are bytes of the message.
        const detail = cause instanceof Malformed ? `: ${cause.message}` : '';
        const reason = `malformed at byte ${reader.pos} of ${reader.len}${detail}`;
        throw new UcsDecodeError(messageType, reason, cause);
      }
    },
    encode: encodeWith(createMessageWriters(schema)),
    encodeKnown: encodeWith(createMessageWriters(schema, 'skip')),
  };
}

const shared = createUcsCodec();

/** {@link UcsCodec.decode} with this build's schema. */
export const decodeUcs = shared.decode;

/** {@link UcsCodec.encode} with this build's schema. */
export const encodeUcs = shared.encode;

/** {@link UcsCodec.encodeKnown} with this build's schema. */
export const encodeKnownUcs = shared.encodeKnown;
