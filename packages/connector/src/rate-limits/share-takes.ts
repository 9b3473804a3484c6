/**
 * A rate limit is that of the installation: bridges tell each other several times a second what they let through, and
 * each counts it in its own measure. That costs one unstored message for many payments, and no write. Until a bridge
 * has heard of the others, and while it cannot, it knows of its own calls alone.
 */
import { type Connection, createBroadcast } from '@nats-bridge/messaging';
import { LIMIT_PATTERN, limitSubject, MAX_ID_LENGTH } from '@nats-bridge/protocol';
import { z } from 'zod';
import type { RateLimits } from './rate-limits.js';

const TELL_EVERY_MS = 200;
/** What fits into a message with the longest ids. */
const MOST_IN_MESSAGE = 500;

const id = z.string().max(MAX_ID_LENGTH);
const message = z.array(
  z.object({
    rule: id,
    of: z.object({ merchant: id, operation: id, connector: id }),
    count: z.int().min(1),
  }),
);

/** @returns what ends it */
export function shareTakes(
  connection: Connection,
  limits: RateLimits,
  { instance, onError }: { readonly instance: string; readonly onError: (error: Error) => void },
): () => void {
  if (!limits.hasRules) return () => {};
  const broadcast = createBroadcast(connection, {
    subject: limitSubject(instance),
    pattern: LIMIT_PATTERN,
    hear: (body) => limits.takenElsewhere(message.parse(body)),
    onError,
  });
  const timer = setInterval(() => {
    // What nobody can be told now is old by the time he could be.
    const taken = limits.takeReport();
    for (let from = 0; from < taken.length; from += MOST_IN_MESSAGE)
      broadcast.tell(taken.slice(from, from + MOST_IN_MESSAGE));
  }, TELL_EVERY_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
    broadcast.close();
  };
}
