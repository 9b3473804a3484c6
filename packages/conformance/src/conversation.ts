/** Everything that is heard of one request, in the order in which it came, and the wait for more of it. */
import type { Heard } from './heard.js';

export type Conversation = {
  readonly heard: readonly Heard[];
  /** What `find` makes of what was heard, now or within `withinMs`; undefined when it never gives anything. */
  until<T>(
    find: (heard: readonly Heard[]) => T | undefined,
    withinMs: number,
  ): Promise<NonNullable<T> | undefined>;
};

export type WritableConversation = Conversation & { add(heard: Heard): void };

export function createConversation(): WritableConversation {
  const heard: Heard[] = [];
  const waiting = new Set<() => void>();
  return {
    heard,
    add(one) {
      heard.push(one);
      for (const look of waiting) look();
    },
    until(find, withinMs) {
      return new Promise((resolve) => {
        const end = (found: ReturnType<typeof find>) => {
          clearTimeout(timer);
          waiting.delete(look);
          resolve(found ?? undefined);
        };
        const look = () => {
          const found = find(heard);
          if (found !== undefined) end(found);
        };
        const timer = setTimeout(() => end(undefined), withinMs);
        waiting.add(look);
        look();
      });
    },
  };
}
