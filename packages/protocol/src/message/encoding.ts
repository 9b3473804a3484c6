/** How bodies are written: JSON, or MessagePack where it is asked for. */
import { decode, encode } from '@msgpack/msgpack';
import { ValidationError } from '../bridge-error.js';
import { HEADER, type Headers } from './headers.js';

export type ContentType = 'application/json' | 'application/msgpack';

const JSON_TYPE = 'application/json';
const MSGPACK_TYPES = ['application/msgpack', 'application/x-msgpack', 'application/vnd.msgpack'];

export function encodeBody(value: unknown, contentType: ContentType = JSON_TYPE): Uint8Array {
  return contentType === JSON_TYPE
    ? Buffer.from(JSON.stringify(value))
    : encode(value, { ignoreUndefined: true });
}

/**
 * Reads a body. A missing content type means JSON, as in the specification's examples.
 *
 * @throws ValidationError that names the encoding and the size, never the content.
 */
export function decodeBody(bytes: Uint8Array, contentType?: string): unknown {
  const isMsgpack =
    contentType !== undefined && MSGPACK_TYPES.includes(contentType.split(';')[0]?.trim() ?? '');
  try {
    if (isMsgpack) return decode(bytes);
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'));
  } catch {
    throw new ValidationError(
      `the body (${bytes.byteLength} bytes) is not ${isMsgpack ? 'MessagePack' : 'JSON'}; send what Content-Type says`,
    );
  }
}

/** Reads the body of a message as its headers say it is written. @throws ValidationError as {@link decodeBody} */
export function decodeMessage(message: { readonly body: Uint8Array; readonly headers: Headers }): unknown {
  return decodeBody(message.body, message.headers[HEADER.contentType]);
}
