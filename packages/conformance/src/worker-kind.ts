/** Which of the ways to be a worker the one behind an operation has taken: the bridge finds out in the same way. */
import { type Connection, createPresence, readServiceStatistics } from '@nats-bridge/messaging';
import { aliveSubject, guardedSubject, type Operation } from '@nats-bridge/protocol';
import { errors } from '@nats-io/nats-core';

/**
 * `guarded`: keeps the record of an idempotency key itself. `disciplined`: publishes to `X-Reply-To`, then
 * acknowledges. `responding`: only responds to a JetStream message. `core`: a queue subscription without JetStream.
 */
export type WorkerKind = 'guarded' | 'disciplined' | 'responding' | 'core';

export type FoundWorker = {
  readonly kind: WorkerKind;
  /** What workers of the operation announce as the encodings they read. */
  readonly encodings: readonly string[];
};

const ASKED_WITHIN_MS = 500;

/** @returns undefined when nobody is there */
export async function findWorker(
  connection: Connection,
  question: {
    readonly operation: Operation;
    readonly pool: string | undefined;
    readonly subject: string;
    readonly stream: string;
    readonly isDurable: boolean;
  },
): Promise<FoundWorker | undefined> {
  const { operation, pool, subject, stream, isDurable } = question;
  const guarded = guardedSubject(operation, pool);
  const alive = aliveSubject(operation, pool);
  const presence = createPresence(connection, { stream, timeoutMs: ASKED_WITHIN_MS, ttlMs: 0 });
  const [{ workers }, saysGuarded, saysAlive, services] = await Promise.all([
    presence.whoIsThere({ guarded, alive, subject }),
    isAnswered(connection, guarded),
    isAnswered(connection, alive),
    readServiceStatistics(connection, ASKED_WITHIN_MS),
  ]);
  const encodings = services
    .filter(({ endpoints }) => endpoints.some(({ name }) => name === operation))
    .flatMap(({ metadata }) => metadata.encodings?.split(',') ?? []);
  if (!isDurable) return workers === 'nobody' ? undefined : { kind: 'core', encodings };
  if (saysGuarded) return { kind: 'guarded', encodings };
  if (saysAlive) return { kind: 'disciplined', encodings };
  if (workers === 'subscribers') return { kind: 'core', encodings };
  return workers === 'nobody' ? undefined : { kind: 'responding', encodings };
}

async function isAnswered(connection: Connection, subject: string): Promise<boolean> {
  try {
    await (await connection.get()).request(subject, undefined, { timeout: ASKED_WITHIN_MS });
    return true;
  } catch (error) {
    if (error instanceof errors.TimeoutError || error instanceof errors.RequestError) return false;
    throw error;
  }
}
