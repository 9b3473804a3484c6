/** Counts by route, in bounded room. */
import type { Route } from '@nats-bridge/connector';

/** Hyperswitch knows some 120 connectors, and a caller may name any. */
export const MOST_ROUTES = 500;

/**
 * A route's entry, made where there is none. Of more than {@link MOST_ROUTES}, those that come later share one for each
 * operation, whose connector is `other`.
 */
export function routeEntry<Entry>(
  entries: Map<string, Entry>,
  { operation, connector }: Route,
  make: (route: Route) => Entry,
): Entry {
  const known = entries.get(`${operation}\n${connector}`);
  if (known !== undefined) return known;
  const shown = entries.size < MOST_ROUTES ? connector : 'other';
  const there = entries.get(`${operation}\n${shown}`);
  if (there !== undefined) return there;
  const made = make({ operation, connector: shown });
  entries.set(`${operation}\n${shown}`, made);
  return made;
}
