/** Where the time of each call went, as bars one behind the other, and in words for who does not look. */
import type { Payment } from '../api/types.js';
import { milliseconds } from '../format/time.js';

type Waterfall = Payment['waterfall'][number];
type PartName = Waterfall['parts'][number]['name'];

/** In the order in which they come. */
const WORDS: Readonly<Record<PartName, string>> = {
  validation: 'reading',
  policies: 'policies',
  broker: 'storing',
  queue: 'in the stream',
  record: 'claim and record',
  handler: 'handler',
  reply: 'on the way back',
  waiting: 'waiting',
  answer: 'answering',
};

export function WaterfallChart({ waterfall }: { readonly waterfall: readonly Waterfall[] }) {
  const longest = Math.max(...waterfall.map(({ total_ms }) => total_ms), 1);
  const shown = new Set(waterfall.flatMap(({ parts }) => parts.map(({ name }) => name)));
  return (
    <>
      <div class="waterfall">
        {waterfall.map((call) => (
          <Bar key={`${call.correlation_id} ${call.idempotency_key}`} call={call} longest={longest} />
        ))}
      </div>
      <ul class="waterfall-legend" aria-hidden="true">
        {(Object.keys(WORDS) as PartName[])
          .filter((name) => shown.has(name))
          .map((name) => (
            <li key={name}>
              <svg viewBox="0 0 10 10" aria-hidden="true">
                <rect class={`waterfall-${name}`} width="10" height="10" rx="2" />
              </svg>
              {WORDS[name]}
            </li>
          ))}
      </ul>
    </>
  );
}

function Bar({ call, longest }: { readonly call: Waterfall; readonly longest: number }) {
  const { operation, total_ms, parts, seen_by } = call;
  const words = parts.map(({ name, ms }) => `${milliseconds(ms)} ${WORDS[name]}`).join(', ');
  return (
    <>
      <span>{operation}</span>
      <svg viewBox="0 0 100 6" preserveAspectRatio="none" role="img" aria-label={`${operation}: ${words}`}>
        <title>{words}</title>
        {parts.map(({ name, start_ms, ms }) => (
          <rect
            key={name}
            class={`waterfall-${name}`}
            x={(start_ms / longest) * 100}
            width={Math.max((ms / longest) * 100, 0.4)}
            height="6"
          />
        ))}
      </svg>
      <span class="number">{milliseconds(total_ms)}</span>
      <span />
      <span class="figure-note">
        {words}
        {seen_by === 'ledger' && ' (from the stream to the answer, as the ledger has it)'}
      </span>
      <span />
    </>
  );
}
