/** Brings live changes into the rows that are shown, twice a second at most, and counts those that are not. */
import { useEffect, useState } from 'preact/hooks';
import type { Page, PaymentRow } from '../api/types.js';
import type { Pages } from '../api/use-pages.js';
import { useSession } from '../console-context.js';
import { mergeRows, rowKey } from './payment-filter.js';

const EVERY_MS = 500;

/** @returns how many operations began since the list was loaded */
export function useLiveRows({ replace, head }: Pages<Page<PaymentRow>>): number {
  const { live } = useSession();
  const [newer, setNewer] = useState(0);

  useEffect(() => {
    setNewer(0);
    if (head === undefined) return;
    const known = new Set(head.items.map(rowKey));
    const newestAt = head.items.reduce((latest, { at }) => (at > latest ? at : latest), '');
    const begun = new Set<string>();
    let changed = new Map<string, PaymentRow>();
    const stop = live.onPayment((row) => {
      const key = rowKey(row);
      changed.set(key, row);
      if (!known.has(key) && (row.requested_at ?? row.at) > newestAt) begun.add(key);
    });
    const timer = setInterval(() => {
      if (changed.size === 0) return;
      const taken = changed;
      changed = new Map();
      replace((rows) => mergeRows(rows, taken));
      setNewer(begun.size);
    }, EVERY_MS);
    return () => {
      stop();
      clearInterval(timer);
    };
  }, [live, head, replace]);
  return newer;
}
