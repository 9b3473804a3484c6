/** What the ledger says of a letter, and so what may be done. */
import type { Letter } from '../api/types.js';
import { Mark, type MarkProps } from '../parts/mark.js';

const MARKS: Readonly<Record<Letter['verdict'], MarkProps>> = {
  never_sent: {
    tone: 'good',
    icon: 'retry',
    word: 'not begun',
    title: 'nothing was charged: is it still wanted?',
  },
  unknown: { tone: 'bad', icon: 'question', word: 'may have moved', title: 'ask the processor first' },
  answered_yes: { tone: 'plain', icon: 'check', word: 'carried out', title: 'its answer is recorded' },
  answered_no: { tone: 'plain', icon: 'cross', word: 'declined', title: 'a new attempt has a new key' },
};

export function VerdictMark({ verdict }: { readonly verdict: Letter['verdict'] }) {
  return <Mark {...MARKS[verdict]} />;
}
