/** For each operation, how long it waited in the stream, and how long a worker had it. */
import type { Payment } from '../api/types.js';
import { milliseconds } from '../format/time.js';

const WORDS: Readonly<Record<string, string>> = { queue_wait: 'in the stream', handler: 'with the worker' };

export function WaterfallChart({ waterfall }: { readonly waterfall: Payment['waterfall'] }) {
  const longest = Math.max(...waterfall.map(({ total_ms }) => total_ms), 1);
  return (
    <div class="waterfall">
      {waterfall.map(({ operation, idempotency_key, total_ms, parts }) => {
        const words = parts.map(({ name, ms }) => `${milliseconds(ms)} ${WORDS[name] ?? name}`).join(', ');
        return (
          <>
            <span key={`${idempotency_key} name`}>{operation}</span>
            <svg
              viewBox="0 0 100 6"
              preserveAspectRatio="none"
              role="img"
              aria-label={`${operation}: ${words}`}
            >
              <title>{words}</title>
              {parts.map(({ name, start_ms, ms }, index) => (
                <rect
                  key={name}
                  class={`waterfall-part-${index}`}
                  x={(start_ms / longest) * 100}
                  width={Math.max((ms / longest) * 100, 0.6)}
                  height="6"
                />
              ))}
            </svg>
            <span class="number">{milliseconds(total_ms)}</span>
            <span />
            <span class="figure-note">{words}</span>
            <span />
          </>
        );
      })}
    </div>
  );
}
