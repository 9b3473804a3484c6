/** Finds which request a reply says it belongs to. */
import type { Headers } from '@nats-bridge/protocol';

/** Reads the correlation id out of a reply's body; undefined when it has none. */
export type ReadCorrelationId = (body: Uint8Array, headers: Headers) => string | undefined;

const OPENING_BRACE = 0x7b;
const decoder = new TextDecoder();

/** The specification's response carries it as the JSON field `correlation_id`. */
export const readJsonCorrelationId: ReadCorrelationId = (body) => {
  if (body[0] !== OPENING_BRACE) return undefined;
  try {
    const { correlation_id: id } = JSON.parse(decoder.decode(body)) as Record<string, unknown>;
    return typeof id === 'string' && id !== '' ? id : undefined;
  } catch {
    return undefined;
  }
};
