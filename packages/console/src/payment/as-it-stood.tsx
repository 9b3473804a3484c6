/** Each operation of a payment at one instant: how far it had come, and how its circuit stood. */
import { CircuitMark } from './circuit-mark.js';
import { MOMENT_WORDS, type Moment } from './moment.js';

export type AsItStoodProps = {
  readonly events: readonly Moment[];
  /** Index of the last one that had happened. */
  readonly at: number;
};

/** A line for each operation at every instant, so that nothing below moves. */
export function AsItStood({ events, at }: AsItStoodProps) {
  const operations = [...new Set(events.map(({ operation }) => operation))];
  const past = events.slice(0, at + 1);
  return (
    <dl class="stood">
      {operations.map((name) => {
        const own = past.filter(({ operation }) => operation === name);
        const last = own.findLast(({ kind }) => kind !== 'circuit');
        const circuit = own.findLast(({ kind }) => kind === 'circuit');
        return (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <span>{last === undefined ? 'not begun' : MOMENT_WORDS[last.kind]}</span>
              {circuit?.circuit && (
                <span class="stood-circuit">
                  circuit for {circuit.connector} <CircuitMark state={circuit.circuit} />
                </span>
              )}
            </dd>
          </div>
        );
      })}
    </dl>
  );
}
