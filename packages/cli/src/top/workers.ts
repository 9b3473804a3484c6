/** Workers, the busiest first, and what is wrong with who reads what. */
import { plural } from '../output/numbers.js';
import type { Named, Section } from './section.js';
import type { Sight } from './sight.js';
import { shareBar } from './spark-line.js';
import { left, right } from './text-line.js';

export function workersOf({ workers, overview }: Sight, named: Named): Section {
  const { is_anybody_there, alive, in_flight, capacity } = overview.path.workers;
  const isKnown = overview.path.broker.rtt_ms !== null;
  const others = is_anybody_there ? 'there, without the SDK: not counted' : (['none', 'red'] as const);
  const some = alive === 0 ? others : `${alive}, ${in_flight} of ${capacity} in flight`;
  const none = named('workers', isKnown ? some : ['the broker does not say', 'dim']);
  const items = [...(workers?.items ?? [])].sort((a, b) => (b.in_flight ?? 0) - (a.in_flight ?? 0));
  const rows = items.map(({ worker, id, operations, capacity, in_flight, ...balance }, index) =>
    named(
      index === 0 ? 'workers' : '',
      `${left(worker, 18)} `,
      [`${id.slice(0, 8)}  `, 'dim'],
      in_flight === null
        ? ['does not say its load', 'dim']
        : [shareBar(capacity === 0 ? 0 : in_flight / capacity, 8), in_flight >= capacity ? 'red' : 'green'],
      in_flight === null ? '' : right(`${in_flight}/${capacity}`, 9),
      [balanceOf(balance), 'dim'],
      '  ',
      operations.length === 1 ? (operations[0] ?? '') : plural(operations.length, 'op'),
    ),
  );
  const alone = (workers?.consumers_without_workers ?? []).map((consumer) =>
    named('', [`${consumer} waits, and nobody reads it`, 'red']),
  );
  const doubled = (workers?.overlaps ?? []).map((overlap) =>
    named('', [`${overlap} get the same requests`, 'red']),
  );
  return {
    lines: [...(rows.length > 0 ? rows.slice(0, 1) : [none]), ...doubled, ...alone, ...rows.slice(1)],
    least: 1,
    more: (left) => named('', [`… and ${plural(left, 'more', 'more')}`, 'dim']),
  };
}

/** `  ×3 backup 1`: a weight of 3, a priority of 1. */
function balanceOf({ weight, priority }: { weight: number | null; priority: number }): string {
  const parts = [weight === null ? [] : [`×${weight}`], priority === 0 ? [] : [`backup ${priority}`]].flat();
  return parts.length === 0 ? '' : `  ${parts.join(' ')}`;
}
