/** Whose a reply says it is: its `correlation_id`, in whatever encoding the body is written. */
import { type ReadCorrelationId, readJsonCorrelationId } from '@nats-bridge/messaging';
import { decodeMessage } from '@nats-bridge/protocol';

const OPENING_BRACE = 0x7b;

/**
 * As forgiving as the reader of the whole reply: what that one takes for the reply to another request must not be
 * taken for one without an id, which would answer whoever waits.
 */
export const readReplyCorrelationId: ReadCorrelationId = (body, headers) => {
  if (body[0] === OPENING_BRACE) return readJsonCorrelationId(body, headers);
  try {
    const reply = decodeMessage({ body, headers }) as { correlation_id?: unknown } | null;
    const id = reply?.correlation_id;
    return typeof id === 'string' && id !== '' ? id : undefined;
  } catch {
    return undefined;
  }
};
