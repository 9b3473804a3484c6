/** One number, large, with its name. */
import { Link } from '../routing/link.js';

export type KeyFigureProps = {
  readonly name: string;
  readonly value: string;
  readonly note?: string;
  readonly to?: string;
  readonly isUrgent?: boolean;
};

export function KeyFigure({ name, value, note, to, isUrgent }: KeyFigureProps) {
  return (
    <div class={isUrgent ? 'figure figure-urgent' : 'figure'}>
      <dt>{to ? <Link to={to}>{name}</Link> : name}</dt>
      <dd>
        <span class="figure-value">{value}</span>
        {note && <span class="figure-note">{note}</span>}
      </dd>
    </div>
  );
}
