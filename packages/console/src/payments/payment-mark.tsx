/** How an operation stands, in one word. */
import type { PaymentRow } from '../api/types.js';
import { Mark, type MarkProps } from '../parts/mark.js';

type Standing = Pick<PaymentRow, 'state' | 'status'>;

export function PaymentMark({ row }: { readonly row: Standing }) {
  return <Mark {...markOf(row)} />;
}

export function markOf({ state, status }: Standing): MarkProps {
  switch (state) {
    case 'answered':
      if (status === 'success') return { tone: 'good', icon: 'check', word: 'success' };
      if (status === 'failure')
        return { tone: 'bad', icon: 'cross', word: 'failure', title: 'the processor said no' };
      return { tone: 'busy', icon: 'clock', word: 'processing', title: 'the processor has not decided' };
    case 'withdrawn':
      return { tone: 'plain', icon: 'slash', word: 'withdrawn', title: 'nobody began it; it never will run' };
    case 'claimed':
      return { tone: 'busy', icon: 'clock', word: 'claimed', title: 'a worker has begun' };
    case 'sent':
      return { tone: 'busy', icon: 'arrow', word: 'sent', title: 'whether a worker has begun is not known' };
  }
}
