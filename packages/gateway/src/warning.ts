/** What a door tells its operator when something went wrong that no caller can see. */

import type { CallIds } from '@nats-bridge/connector';

/** Receives one line of text, without payment data, and which call it is about where it is about one. */
export type OnWarning = (warning: string, ids?: CallIds) => void;

/**
 * A fault of our own as text: its kind and where it arose. Its message is left out, because messages of errors
 * we did not write quote what they were given.
 */
export function describeFault(fault: unknown): string {
  if (!(fault instanceof Error)) return `a thrown ${typeof fault}`;
  const frames = (fault.stack ?? '').split('\n').filter((line) => line.startsWith('    at '));
  return [fault.name, ...frames.slice(0, 4).map((frame) => frame.trim())].join(' ');
}
