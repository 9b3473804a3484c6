/** What a door tells its operator when something went wrong that no caller can see. */

/** Receives one line of text, without payment data. */
export type OnWarning = (warning: string) => void;

/**
 * A fault of our own as text: its kind and where it arose. Its message is left out, because messages of errors
 * we did not write quote what they were given.
 */
export function describeFault(fault: unknown): string {
  if (!(fault instanceof Error)) return `a thrown ${typeof fault}`;
  const frames = (fault.stack ?? '').split('\n').filter((line) => line.startsWith('    at '));
  return [fault.name, ...frames.slice(0, 4).map((frame) => frame.trim())].join(' ');
}
