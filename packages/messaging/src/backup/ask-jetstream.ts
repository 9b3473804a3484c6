/** Asks the server for what nats.js has no call for. */
import { type ApiError, JetStreamApiError } from '@nats-io/jetstream';
import { apiSubject } from '../connection/api-subject.js';
import type { Connection } from '../connection/connection.js';
import { PermissionDeniedError } from '../errors.js';
import { saysDenied } from '../says-denied.js';

const TIMEOUT_MS = 10_000;

/**
 * @param request behind the API's prefix, such as `STREAM.SNAPSHOT.PAYMENTS`
 * @throws JetStreamApiError with what the server says; PermissionDeniedError; the client's own when nobody answers
 */
export async function askJetStream<Answer>(
  connection: Connection,
  request: string,
  question: object,
): Promise<Answer> {
  const nats = await connection.get();
  const subject = apiSubject(connection, request);
  try {
    const reply = await nats.request(subject, JSON.stringify(question), { timeout: TIMEOUT_MS });
    const answer = reply.json<Answer & { readonly error?: ApiError }>();
    if (answer.error !== undefined) throw new JetStreamApiError(answer.error);
    return answer;
  } catch (cause) {
    throw saysDenied(cause) ? new PermissionDeniedError('publish', subject, { cause }) : cause;
  }
}
