/** How a circuit stands, in one word. */
import { Mark, type MarkProps } from '../parts/mark.js';
import type { Moment } from './moment.js';

export type CircuitState = NonNullable<Moment['circuit']>;

const MARKS: Readonly<Record<CircuitState, MarkProps>> = {
  closed: { tone: 'plain', icon: 'check', word: 'closed', title: 'calls pass' },
  half_open: { tone: 'warn', icon: 'clock', word: 'half open', title: 'one call tries' },
  open: { tone: 'bad', icon: 'critical', word: 'open', title: 'calls fail at once' },
};

export function CircuitMark({ state }: { readonly state: CircuitState }) {
  return <Mark {...MARKS[state]} />;
}
