/** How calls ended: shares as a bar, and as numbers with words beside it. */
import type { OperationFigures } from '../api/types.js';
import { count } from '../format/number.js';

const OUTCOMES = [
  { name: 'success', word: 'success' },
  { name: 'processing', word: 'processing' },
  { name: 'failure', word: 'failure' },
  { name: 'unknown', word: 'in doubt' },
  { name: 'not_sent', word: 'not sent' },
] as const;

export function OutcomeBar({ figures }: { readonly figures: OperationFigures }) {
  const there = OUTCOMES.filter(({ name }) => figures[name] > 0);
  const total = there.reduce((sum, { name }) => sum + figures[name], 0) || 1;
  let x = 0;
  return (
    <div class="outcome">
      <svg class="outcome-bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
        <rect class="share-whole" width="100" height="6" />
        {there.map(({ name }) => {
          const width = (figures[name] / total) * 100;
          const from = x;
          x += width;
          return <rect key={name} class={`outcome-${name}`} x={from} width={width} height="6" />;
        })}
      </svg>
      <span class="outcome-words">
        {there.map(({ name, word }) => (
          <span key={name} class={`outcome-word outcome-word-${name}`}>
            {count(figures[name])} {word}
          </span>
        ))}
      </span>
    </div>
  );
}
