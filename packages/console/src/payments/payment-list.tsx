/** The rows of payments. Only those that are seen are drawn; more are fetched as somebody scrolls. */
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Page, PaymentRow } from '../api/types.js';
import type { Pages } from '../api/use-pages.js';
import { count } from '../format/number.js';
import { PHONE, useMedia } from '../parts/use-media.js';
import { visibleRows } from '../parts/virtual-rows.js';
import { rowKey } from './payment-filter.js';
import { PaymentTableRow } from './payment-table-row.js';

const ROW_PX = 34;
const PHONE_ROW_PX = 84;
/** Rows before the end at which more are fetched. */
const AHEAD = 60;
const TITLES = [
  'State',
  'Time (UTC)',
  'Operation',
  'Amount',
  'Payment',
  'Connector',
  'Merchant',
  'Worker',
  'Took',
];

export function PaymentList({
  pages,
  total,
}: {
  readonly pages: Pages<Page<PaymentRow>>;
  readonly total: number;
}) {
  const { items, hasMore, loadMore } = pages;
  const rowHeight = useMedia(PHONE) ? PHONE_ROW_PX : ROW_PX;
  const frame = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 800 });
  /** The row that the arrow keys stand on. */
  const [active, setActive] = useState(0);
  /** The same, for a key that comes before the rows are drawn anew. */
  const latest = useRef(active);
  const shouldFocus = useRef(false);
  const { from, to, above, below } = visibleRows(view.top, view.height, rowHeight, items.length);

  useLayoutEffect(() => {
    const element = frame.current;
    if (element === null) return;
    const measure = () => setView({ top: element.scrollTop, height: element.clientHeight });
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    element.addEventListener('scroll', measure, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', measure);
    };
  }, []);

  useEffect(() => {
    if (hasMore && to > items.length - AHEAD) loadMore();
  }, [hasMore, to, items.length, loadMore]);

  // Before anybody sees that the row which had the focus is not drawn any more.
  useLayoutEffect(() => {
    if (!shouldFocus.current || active !== latest.current) return;
    const link = frame.current?.querySelector<HTMLElement>(`[data-row="${active}"] a`);
    if (!link) return; // drawn as soon as the list has scrolled to it
    shouldFocus.current = false;
    link.focus({ preventScroll: true });
  });

  const move = (event: KeyboardEvent) => {
    const page = Math.max(1, Math.floor(view.height / rowHeight) - 2);
    const step = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: page,
      PageUp: -page,
      Home: -items.length,
      End: items.length,
    }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const next = Math.min(Math.max(latest.current + step, 0), items.length - 1);
    const top = next * rowHeight;
    const element = frame.current;
    if (element !== null) {
      const head = element.querySelector('thead')?.clientHeight ?? 0;
      if (top < element.scrollTop) element.scrollTop = top;
      else if (top + rowHeight + head > element.scrollTop + element.clientHeight)
        element.scrollTop = top + rowHeight + head - element.clientHeight;
    }
    shouldFocus.current = true;
    latest.current = next;
    setActive(next);
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the arrow keys go from row to row; the rows hold the links
    <div class="list" ref={frame} onKeyDown={move}>
      <table class="rows" aria-rowcount={total + 1} aria-busy={pages.isLoading}>
        <caption class="unseen">Operations on payments; arrow keys go from row to row</caption>
        <thead>
          <tr aria-rowindex={1}>
            {TITLES.map((title) => (
              <th key={title} scope="col" class={`cell-${title.split(' ')[0]?.toLowerCase()}`}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <Spacer height={above} />
          {items.slice(from, to).map((row, index) => (
            <PaymentTableRow
              key={rowKey(row)}
              row={row}
              index={from + index}
              isActive={from + index === active}
            />
          ))}
          <Spacer height={below} />
        </tbody>
      </table>
      {hasMore && (
        <p class="list-end" role="status">
          {count(items.length)} of {count(total)} loaded; scroll for more
        </p>
      )}
    </div>
  );
}

function Spacer({ height }: { readonly height: number }) {
  if (height === 0) return null;
  // One cell: it must not bring back a column that a narrow screen leaves out.
  return (
    <tr class="spacer">
      <td style={{ height: `${height}px` }} />
    </tr>
  );
}
