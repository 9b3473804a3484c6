/** Since when a connection has been with the same server process: one that was started again has another id. */
import type { Connection } from '../connection/connection.js';

export type WatchedServer = {
  /** Milliseconds since the epoch; 0 while it is the first. */
  since(): number;
  close(): void;
};

export function watchServer(connection: Connection, now: () => number = Date.now): WatchedServer {
  const idOf = ({ current }: Connection) => current?.info?.server_id;
  let id = idOf(connection);
  let since = 0;
  const stop = connection.onState(({ state }) => {
    if (state !== 'connected') return;
    const next = idOf(connection);
    if (id !== undefined && next !== id) since = now();
    id = next;
  });
  return { since: () => since, close: stop };
}
