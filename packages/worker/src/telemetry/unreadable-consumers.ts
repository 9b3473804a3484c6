/** Which consumers cannot be read and why, so that a reason is told once and not by each of them at each try. */
import { failureOf } from './failure-of.js';

export type UnreadableConsumers = {
  /** @returns whether that is news: none of the others has the same reason, nor had this one */
  failed(consumer: string, error: unknown): boolean;
  /** It can be read: what fails from now on is news. */
  read(consumer: string): void;
};

export function createUnreadableConsumers(): UnreadableConsumers {
  const reasons = new Map<string, string>();
  return {
    failed(consumer, error) {
      const reason = failureOf(error);
      const isKnown = [...reasons.values()].includes(reason);
      reasons.set(consumer, reason);
      return !isKnown;
    },
    read: (consumer) => void reasons.delete(consumer),
  };
}
