/** Where the time of each call went: a bar of its parts, and below it each part with its colour, word and figure. */
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
  processor: 'processor',
  reply: 'on the way back',
  waiting: 'waiting',
  answer: 'answering',
};

export function WaterfallChart({ waterfall }: { readonly waterfall: readonly Waterfall[] }) {
  const longest = Math.max(...waterfall.map(({ total_ms }) => total_ms), 1);
  return (
    <div class="waterfall">
      {waterfall.map((call) => (
        <Bar key={`${call.correlation_id} ${call.idempotency_key}`} call={call} longest={longest} />
      ))}
    </div>
  );
}

function Bar({ call, longest }: { readonly call: Waterfall; readonly longest: number }) {
  const { operation, total_ms, parts, seen_by } = call;
  return (
    <>
      <span>{operation}</span>
      {/* What it shows stands below it. */}
      <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
        {parts.map(({ name, start_ms, ms }) => (
          <rect
            key={name}
            class={`waterfall-${name}`}
            x={(start_ms / longest) * 100}
            width={Math.max((ms / longest) * 100, 0.4)}
            height="6"
          >
            <title>{`${WORDS[name]}: ${milliseconds(ms)}`}</title>
          </rect>
        ))}
      </svg>
      <span class="number">{milliseconds(total_ms)}</span>
      <ul class="waterfall-parts" aria-label={`Parts of ${operation}, in their order`}>
        {parts.map(({ name, ms }) => (
          <li key={name}>
            <svg viewBox="0 0 10 10" aria-hidden="true">
              <rect class={`waterfall-${name}`} width="10" height="10" rx="2" />
            </svg>
            {WORDS[name]} {milliseconds(ms)}
          </li>
        ))}
        {seen_by === 'ledger' && <li>from the stream to the answer, as the ledger has it</li>}
      </ul>
    </>
  );
}
