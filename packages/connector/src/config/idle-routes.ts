/** Routes and pools that a usable configuration has, and no request will ever take. */
import { type PoolsAndRoutes, ROUTED_OPERATIONS, type RouteConfig } from './routes-config.js';

type Wanted = Partial<Pick<RouteConfig, 'merchants' | 'connectors' | 'operations' | 'metadata'>>;

/** Of each, in words, what takes its requests and what to do. */
export function idleRoutes({ routes, pools }: PoolsAndRoutes): readonly string[] {
  const named = new Set(routes.flatMap((route) => route.pools));
  return [
    ...routes.flatMap((route, index) => {
      const takers = takersOf(route, routes.slice(0, index));
      if (takers === undefined) return [];
      const who =
        takers.length === 1
          ? `route ${takers[0]} comes first and fits`
          : `routes ${takers.join(', ')} come first and fit`;
      return [
        `nats_bridge.routes: route ${index + 1} is never used, ${who} all its requests: put it before, or take it out`,
      ];
    }),
    ...Object.entries(pools)
      .filter(([pool, { merchants }]) => merchants.length === 0 && !named.has(pool))
      .map(
        ([pool]) =>
          `nats_bridge.pools.${pool} gets no requests: no route names it and it has no merchants; name it in a route, or take it out once nobody works there any more`,
      ),
  ];
}

/**
 * A request may be of any merchant and connector and have any metadata: where a route leaves one of these open, only
 * earlier ones that leave it open, too, take all of it. Operations are few and known, and may be taken one by one.
 *
 * @param wanted what a route asks for
 * @returns the numbers of the earlier routes that together fit all of that; undefined where they leave some of it
 */
export function takersOf(wanted: Wanted, earlier: readonly Wanted[]): number[] | undefined {
  const { merchants = [undefined], connectors = [undefined], operations = ROUTED_OPERATIONS } = wanted;
  const rivals = earlier.flatMap((rival, index) =>
    Object.entries(rival.metadata ?? {}).every(([name, value]) => wanted.metadata?.[name] === value)
      ? [{ rival, number: index + 1 }]
      : [],
  );
  const takers = new Set<number>();
  for (const merchant of merchants) {
    const ofMerchant = rivals.filter(({ rival }) => hasIn(rival.merchants, merchant));
    for (const connector of connectors) {
      const ofBoth = ofMerchant.filter(({ rival }) => hasIn(rival.connectors, connector));
      for (const operation of operations) {
        const taker = ofBoth.find(({ rival }) => hasIn(rival.operations, operation));
        if (taker === undefined) return undefined;
        takers.add(taker.number);
      }
    }
  }
  return [...takers].toSorted((a, b) => a - b);
}

/** @param value undefined: one that nobody names */
function hasIn<T>(names: readonly T[] | undefined, value: T | undefined): boolean {
  return names === undefined || (value !== undefined && names.includes(value));
}
