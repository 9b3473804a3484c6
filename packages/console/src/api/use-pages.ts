/** A list from the API that grows page by page, as far as somebody scrolls. */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { ApiError } from './client.js';
import type { Page } from './types.js';
import { apiErrorOf } from './use-resource.js';

export type Pages<P extends Page<unknown>> = {
  readonly items: readonly P['items'][number][];
  /** The newest first page: totals and groups stand there. */
  readonly head: P | undefined;
  readonly hasMore: boolean;
  readonly isLoading: boolean;
  readonly error: ApiError | undefined;
  loadMore(): void;
  reload(): void;
  replace(change: (items: readonly P['items'][number][]) => readonly P['items'][number][]): void;
};

type State<P extends Page<unknown>> = Pick<Pages<P>, 'items' | 'head' | 'isLoading' | 'error'> & {
  readonly next: string | undefined;
};

/** @param key begins anew when it changes; the old items stay until the new ones are here */
export function usePages<P extends Page<unknown>>(
  key: string,
  load: (cursor: string | undefined, signal: AbortSignal) => Promise<P>,
): Pages<P> {
  const [state, setState] = useState<State<P>>({
    items: [],
    head: undefined,
    next: undefined,
    isLoading: true,
    error: undefined,
  });
  const [round, setRound] = useState(0);
  const latest = useRef(load);
  latest.current = load;
  /** Of the load that is under way: one at a time. */
  const running = useRef<AbortController | undefined>(undefined);

  const fetchPage = useCallback((cursor: string | undefined) => {
    running.current?.abort();
    const abort = new AbortController();
    running.current = abort;
    setState((now) => ({ ...now, isLoading: true }));
    latest
      .current(cursor, abort.signal)
      .then((page) => {
        running.current = undefined;
        setState((now) => ({
          items: cursor === undefined ? page.items : [...now.items, ...page.items],
          head: cursor === undefined ? page : now.head,
          next: page.next_cursor ?? undefined,
          isLoading: false,
          error: undefined,
        }));
      })
      .catch((fault: unknown) => {
        if (abort.signal.aborted) return;
        running.current = undefined;
        setState((now) => ({ ...now, isLoading: false, error: apiErrorOf(fault) }));
      });
  }, []);

  useEffect(() => {
    fetchPage(undefined);
    return () => running.current?.abort();
  }, [key, round, fetchPage]);

  return {
    items: state.items,
    head: state.head,
    hasMore: state.next !== undefined,
    isLoading: state.isLoading,
    error: state.error,
    loadMore: () => {
      if (state.next !== undefined && running.current === undefined) fetchPage(state.next);
    },
    reload: useCallback(() => setRound((count) => count + 1), []),
    replace: useCallback(
      (change: (items: readonly P['items'][number][]) => readonly P['items'][number][]) =>
        setState((now) => ({ ...now, items: change(now.items) })),
      [],
    ),
  };
}
