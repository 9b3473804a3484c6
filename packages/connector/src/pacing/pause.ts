/** Pauses: one that ends early, without an error, when nobody waits any longer, and one that keeps no process alive. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { CancelSignal } from '@nats-bridge/messaging';

export const idlePause = (ms: number): Promise<void> => sleep(ms, undefined, { ref: false });

export function pause(ms: number, signal: CancelSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener('abort', end);
    if (signal?.aborted) end();
  });
}
