/** One thing from the API for a component: loaded, kept while it is loaded again, refreshed on an interval. */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { ApiError } from './client.js';

export type Resource<T> = {
  readonly data: T | undefined;
  readonly error: ApiError | undefined;
  readonly isLoading: boolean;
  reload(): void;
};

/**
 * @param key loads again when it changes
 * @param refreshMs also loads again so often, while the page is seen; never where left out
 */
export function useResource<T>(
  key: string,
  load: (signal: AbortSignal) => Promise<T>,
  refreshMs?: number,
): Resource<T> {
  const [state, setState] = useState<Omit<Resource<T>, 'reload'>>({
    data: undefined,
    error: undefined,
    isLoading: true,
  });
  const [round, setRound] = useState(0);
  const latest = useRef(load);
  latest.current = load;
  const reload = useCallback(() => setRound((count) => count + 1), []);

  useEffect(() => {
    const abort = new AbortController();
    setState((now) => ({ ...now, isLoading: true }));
    latest
      .current(abort.signal)
      .then((data) => setState({ data, error: undefined, isLoading: false }))
      .catch((fault: unknown) => {
        if (!abort.signal.aborted)
          setState((now) => ({ ...now, error: apiErrorOf(fault), isLoading: false }));
      });
    return () => abort.abort();
  }, [key, round]);

  useEffect(() => {
    if (refreshMs === undefined) return;
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') reload();
    }, refreshMs);
    return () => clearInterval(timer);
  }, [refreshMs, reload]);
  return { ...state, reload };
}

export function apiErrorOf(fault: unknown): ApiError {
  return fault instanceof ApiError
    ? fault
    : new ApiError(0, 'CONSOLE', `The console failed: ${String(fault)}`);
}
