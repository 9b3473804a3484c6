/** Whose workers get a request: its merchant's own, else those of the first route that fits it, else the general ones. */
import type { Operation, RouterData } from '@nats-bridge/protocol';
import { type BridgeConfig, poolOf } from '../config/bridge-config.js';
import { takersOf } from '../config/idle-routes.js';
import type { PoolsAndRoutes, RouteConfig } from '../config/routes-config.js';

/** A pool's name; undefined for the workers of none. */
export type PoolName = string | undefined;

const GENERAL = 'the workers of no pool';
/** Of a list, for people. */
const MOST_NAMES = 5;

/** @returns pools in the order in which they are tried: the first that has workers gets it. Never empty */
export function poolsFor(
  config: Pick<BridgeConfig, 'pools' | 'routes'>,
  operation: Operation,
  data: RouterData,
): readonly PoolName[] {
  const own = poolOf(config, data.merchant_id);
  if (own !== undefined) return [own];
  const route = config.routes.find((one) => fits(one, operation, data));
  if (route === undefined) return [undefined];
  return route.or_general ? [...route.pools, undefined] : route.pools;
}

/** Every pool in which a request of a merchant may be, whatever else it says. */
export function poolsOfMerchant(
  config: Pick<BridgeConfig, 'pools' | 'routes'>,
  merchantId: string,
): readonly PoolName[] {
  const own = poolOf(config, merchantId);
  if (own !== undefined) return [own];
  return [undefined, ...new Set(config.routes.flatMap(({ pools }) => pools))];
}

/**
 * Who is tried for which requests, for people, in the order in which it is decided, such as
 * `1: capture, connector stripe: eu, else us`. Empty where there are no pools.
 */
export function describeRoutes({ pools, routes }: PoolsAndRoutes): readonly string[] {
  if (Object.keys(pools).length === 0) return [];
  return [
    ...Object.entries(pools).flatMap(([pool, { merchants }]) =>
      merchants.length === 0 ? [] : [`of ${anyOf(merchants)}: ${pool}`],
    ),
    ...routes.map((route, index) => `${index + 1}: ${describeRoute(route)}`),
    ...(takersOf({}, routes) === undefined ? [`of all else: ${GENERAL}`] : []),
  ];
}

function describeRoute({
  merchants,
  connectors,
  operations,
  metadata,
  pools,
  or_general,
}: RouteConfig): string {
  const of = [
    operations === undefined ? 'every operation' : anyOf(operations),
    ...(merchants === undefined ? [] : [`merchant ${anyOf(merchants)}`]),
    ...(connectors === undefined ? [] : [`connector ${anyOf(connectors)}`]),
    ...Object.entries(metadata ?? {}).map(([name, value]) => `metadata ${name} = ${value}`),
  ].join(', ');
  return `${of}: ${[...pools, ...(or_general ? [GENERAL] : [])].join(', else ')}`;
}

function anyOf(names: readonly string[]): string {
  const shown = names.length > MOST_NAMES ? names.slice(0, MOST_NAMES - 1) : names;
  const more = names.length - shown.length;
  return [...shown, ...(more === 0 ? [] : [`${more} more`])].join(' or ');
}

function fits(route: RouteConfig, operation: Operation, data: RouterData): boolean {
  const { merchants, connectors, operations, metadata } = route;
  return (
    (merchants?.includes(data.merchant_id) ?? true) &&
    (connectors?.includes(data.connector) ?? true) &&
    (operations?.includes(operation) ?? true) &&
    (metadata === undefined || hasFields(data.metadata, metadata))
  );
}

/** Merchants write there what they like; a number is as good as its text. */
function hasFields(metadata: unknown, wanted: Readonly<Record<string, string>>): boolean {
  if (typeof metadata !== 'object' || metadata === null) return false;
  const fields = new Map<string, unknown>(Object.entries(metadata));
  return Object.entries(wanted).every(([name, value]) => {
    const said = fields.get(name);
    return typeof said !== 'object' && said !== undefined && String(said) === value;
  });
}
