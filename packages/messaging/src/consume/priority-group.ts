/** By which group a reader orders where its consumer knows priorities (NATS ADR-42), and what is said where it does not. */
import type { ConsumerInfo } from '@nats-io/jetstream';
import { PrioritiesMissingError } from '../errors.js';

/** Of consumers whose readers have priorities. There is one: what a priority is for is who comes first, not who may. */
export const PRIORITY_GROUP = 'workers';

/**
 * The consumer says it itself: the server refuses an order without a group where there are groups.
 *
 * @returns undefined where all readers are alike
 * @throws PrioritiesMissingError where they are, and this one is not to come first
 */
export function priorityGroupOf({ name, config }: ConsumerInfo, priority: number): string | undefined {
  const isPrioritized = config.priority_policy === 'prioritized';
  if (priority > 0 && !isPrioritized)
    throw new PrioritiesMissingError(`the consumer ${name} has no priorities`);
  return isPrioritized ? config.priority_groups?.[0] : undefined;
}
