/** What to do next about a message that the stream has not confirmed: pure rules, no clock of its own. */
import { backoffMs } from '../connection/backoff.js';
import type { PubRefusal } from './pub-ack.js';

/** How often the message was published, and how many of these the stream refused for certain. */
export type StoreAttempts = {
  readonly published: number;
  readonly refused: number;
};

export type NextStoreStep =
  /** An earlier attempt is still unanswered, or another is due later. */
  | { readonly kind: 'wait'; readonly untilMs: number }
  | { readonly kind: 'republish' }
  /** Every attempt was refused: nothing is stored. */
  | { readonly kind: 'refused' }
  /** At least one attempt was never answered: it may be stored. */
  | { readonly kind: 'unconfirmed' };

/**
 * The stream said no. Only when it said no to every attempt is it certain that nothing is stored.
 * @param maxRetries attempts after the first
 */
export function afterRefusal(
  attempts: StoreAttempts,
  refusal: PubRefusal,
  maxRetries: number,
  now: number,
  dueAt: number,
): NextStoreStep {
  if (attempts.refused < attempts.published) return { kind: 'wait', untilMs: dueAt };
  if (!refusal.transient || attempts.published > maxRetries) return { kind: 'refused' };
  return { kind: 'wait', untilMs: now + backoffMs(attempts.published - 1) };
}

/** Nothing came within the time for a PubAck, or the pause after a passing refusal is over. */
export function afterSilence(attempts: StoreAttempts, maxRetries: number): NextStoreStep {
  return { kind: attempts.published > maxRetries ? 'unconfirmed' : 'republish' };
}

/** What a person can do about a refusal. */
export function refusalAdvice(refusal: PubRefusal): string {
  if (refusal.natsCode === 503)
    return 'Create the stream (nats-bridge does it at start) or check that JetStream runs.';
  if (refusal.natsCode === 10054)
    return "The message exceeds the stream's max_msg_size: raise it or send less.";
  if (/maximum|exceeded|insufficient|resource/i.test(refusal.description)) {
    return "The stream is at a limit: let workers catch up, or raise the stream's or the account's limits.";
  }
  return "See the stream's configuration and state.";
}
