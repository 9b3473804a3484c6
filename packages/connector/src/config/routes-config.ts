/** `[[nats_bridge.routes]]`: whose workers get which requests of merchants that have no pool for themselves. */
import { MAX_ID_LENGTH, OPERATIONS, type Operation } from '@nats-bridge/protocol';
import { z } from 'zod';

const names = z
  .array(z.string().min(1).max(MAX_ID_LENGTH), { error: 'must be a list of names, such as ["one"]' })
  .min(1)
  .optional();
/** Those that travel through the stream. */
export const ROUTED_OPERATIONS: readonly Operation[] = OPERATIONS.filter(
  ({ channel }) => channel === 'payments',
).map(({ operation }) => operation);

const route = z.strictObject({
  /** What a request must be of; each left out: of any. */
  merchants: names,
  connectors: names,
  operations: z
    .array(
      z.enum(ROUTED_OPERATIONS, {
        error: 'must be operations that travel through the stream, such as "authorize"',
      }),
    )
    .min(1)
    .optional(),
  /** Fields of the merchant's metadata (`router_data.metadata`) and their values, all of them. */
  metadata: z
    .record(z.string().min(1), z.string())
    .refine((fields) => Object.keys(fields).length > 0, { error: 'must name a field, or be left out' })
    .optional(),
  /** Whose workers get it: the first of these that has any. */
  pools: z
    .array(z.string().min(1), { error: 'must be a list of pools of nats_bridge.pools, such as ["eu"]' })
    .min(1, { error: 'must name a pool of nats_bridge.pools' }),
  /** Whether the workers of no pool get it where none of these has any. */
  or_general: z.boolean().default(false),
});

/** The first that fits a request is its route. */
export const routesSchema = z.array(route).default([]);

export type RouteConfig = z.output<typeof route>;

export type PoolsAndRoutes = {
  readonly routes: readonly RouteConfig[];
  readonly pools: Readonly<Record<string, { readonly merchants: readonly string[] }>>;
};

export type RouteFault = {
  readonly path: (string | number)[];
  readonly input: string;
  readonly message: string;
};

/** What would send requests nowhere, or where a merchant does not want them. */
export function routeFaults({ routes, pools }: PoolsAndRoutes): RouteFault[] {
  const poolOfMerchant = new Map(
    Object.entries(pools).flatMap(([pool, { merchants }]) => merchants.map((one) => [one, pool] as const)),
  );
  return routes.flatMap((route, index) => [
    ...route.pools.flatMap((pool, at): RouteFault[] => {
      const path = ['routes', index, 'pools', at];
      const known = pools[pool];
      if (known === undefined)
        return [{ path, input: pool, message: `is no pool: add [nats_bridge.pools.${pool}]` }];
      if (known.merchants.length === 0) return [];
      const message =
        'has merchants for itself, whose workers get nobody else’s requests: route to a pool with merchants = []';
      return [{ path, input: pool, message }];
    }),
    ...(route.merchants ?? []).flatMap((merchant, at): RouteFault[] => {
      const pool = poolOfMerchant.get(merchant);
      if (pool === undefined) return [];
      const message = `is in the pool ${pool}, whose workers alone get its requests: take it out of one of the two`;
      return [{ path: ['routes', index, 'merchants', at], input: merchant, message }];
    }),
  ]);
}
