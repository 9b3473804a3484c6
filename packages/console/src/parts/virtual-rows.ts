/** Which rows of a long list are drawn: those that are seen, and a few around them. */

export type Window = {
  readonly from: number;
  readonly to: number;
  readonly above: number;
  readonly below: number;
};

/** Rows beyond the edges, so that quick scrolling shows no gap. */
const MARGIN = 12;

/** @returns indices `from` (included) to `to` (not), and the pixels above and below that stand for the rest */
export function visibleRows(scrollTop: number, height: number, rowHeight: number, total: number): Window {
  const from = Math.max(0, Math.min(total, Math.floor(scrollTop / rowHeight)) - MARGIN);
  const to = Math.min(total, Math.ceil((scrollTop + height) / rowHeight) + MARGIN);
  return { from, to, above: from * rowHeight, below: (total - to) * rowHeight };
}
