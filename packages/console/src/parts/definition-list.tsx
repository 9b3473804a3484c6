/** Names and what they stand for, in pairs; what is not known is left out. */
import type { ComponentChildren } from 'preact';

export type Pair = readonly [name: string, value: ComponentChildren];

export function DefinitionList({ pairs }: { readonly pairs: readonly Pair[] }) {
  return (
    <dl class="pairs">
      {pairs
        .filter(([, value]) => value !== undefined && value !== null && value !== '')
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}
