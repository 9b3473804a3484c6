/** What a request waits for that cannot be sent at once: the connection, or another place for its body. */
import type { NatsConnection } from '@nats-io/nats-core';
import type { BodyReferences } from '../bodies/body-reference.js';
import type { Connection } from '../connection/connection.js';
import { MessageTooLargeError, MessagingError, RequestCancelledError } from '../errors.js';
import { timeoutOf } from './end-of-wait.js';
import { exceededPayload } from './fit-to-payload.js';
import type { PendingRequest } from './pending-requests.js';
import type { RequestMessage } from './reply.js';

/**
 * The connection over which it can be sent now; a body that was too large is replaced by its reference.
 *
 * @throws MessagingError before_send
 */
export type UntilSendable = (request: PendingRequest, message: RequestMessage) => Promise<NatsConnection>;

/**
 * @param bodies where bodies go that are too large; undefined: they are refused
 * @param isClosed whether nothing is to be sent any more
 */
export function createUntilSendable(
  connection: Connection,
  bodies: BodyReferences | undefined,
  isClosed: () => boolean,
): UntilSendable {
  async function connected(request: PendingRequest, message: RequestMessage): Promise<NatsConnection> {
    const { deadlineAt, signal } = message;
    const nats = await connection.whenConnected({ deadlineAt, signal }).catch((error: unknown) => {
      if (error instanceof MessagingError) throw error;
    });
    if (nats === undefined || isClosed() || signal?.aborted) {
      throw new RequestCancelledError(request.subject, 'before_send', undefined, { cause: signal?.reason });
    }
    if (deadlineAt <= Date.now()) throw timeoutOf(request);
    return nats;
  }

  return async (request, message) => {
    const { body } = message;
    const nats = await connected(request, message);
    const room = exceededPayload(nats, body, request.headers);
    if (room === undefined) return nats;
    if (bodies === undefined)
      throw new MessageTooLargeError(body.length, room, 'configure an object store for large bodies');
    const reference = await bodies.store(body);
    for (const [name, value] of Object.entries(reference.headers)) request.headers.add(name, value);
    request.body = reference.body;
    return connected(request, message);
  };
}
