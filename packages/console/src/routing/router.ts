/** Which screen is shown: the part of the address after /console/, and its query. */
import { type Signal, signal } from '@preact/signals';

export type Location = { readonly path: string; readonly query: URLSearchParams };

export type Router = {
  readonly location: Signal<Location>;
  /** The address of a path such as `/payments`, for links. */
  href(to: string): string;
  navigate(to: string): void;
  /** Changes what the query says, without a new entry in the history; empty values leave it. */
  setQuery(changes: Readonly<Record<string, string | undefined>>): void;
};

const BASE = '/console';

export function createRouter(): Router {
  const read = (): Location => ({
    path: window.location.pathname.slice(BASE.length) || '/',
    query: new URLSearchParams(window.location.search),
  });
  const location = signal(read());
  const href = (to: string) => BASE + to;
  window.addEventListener('popstate', () => {
    location.value = read();
  });
  return {
    location,
    href,
    navigate: (to) => {
      window.history.pushState(null, '', href(to));
      location.value = read();
    },
    setQuery: (changes) => {
      const query = new URLSearchParams(window.location.search);
      for (const [name, value] of Object.entries(changes))
        if (value === undefined || value === '') query.delete(name);
        else query.set(name, value);
      const text = query.toString();
      window.history.replaceState(null, '', window.location.pathname + (text && `?${text}`));
      location.value = read();
    },
  };
}
