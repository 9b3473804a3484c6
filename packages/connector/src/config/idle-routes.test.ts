import type { Operation } from '@nats-bridge/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { poolsFor } from '../call/route.js';
import { exchange } from '../testing/exchanges.js';
import { type BridgeConfigInput, bridgeConfigSchema } from './bridge-config.js';
import { bridgeConfigWarnings } from './config-warnings.js';
import { idleRoutes } from './idle-routes.js';
import { ROUTED_OPERATIONS } from './routes-config.js';

type RouteInput = NonNullable<BridgeConfigInput['routes']>[number];
const configOf = (
  routes: readonly RouteInput[],
  pools: BridgeConfigInput['pools'] = { eu: { merchants: [] } },
) => bridgeConfigSchema.parse({ pools, routes });
const to = (wanted: Omit<RouteInput, 'pools'>): RouteInput => ({ ...wanted, pools: ['eu'] });

describe('a route that no request can take', () => {
  it.each<[string, RouteInput[], string]>([
    ['all requests go', [to({}), to({ merchants: ['m'] })], 'route 2 is never used, route 1 comes first'],
    [
      'its connector goes whatever the operation',
      [to({ connectors: ['stripe'] }), to({ connectors: ['stripe'], operations: ['capture'] })],
      'route 2 is never used, route 1 comes first',
    ],
    [
      'less metadata is asked for',
      [to({ metadata: { region: 'eu' } }), to({ metadata: { region: 'eu', tier: '1' } })],
      'route 2 is never used, route 1 comes first',
    ],
    [
      'each of its merchants goes by another one',
      [to({ merchants: ['a'] }), to({}), to({ merchants: ['b', 'a'] })],
      'route 3 is never used, routes 1, 2 come first and fit all its requests',
    ],
    [
      'every operation goes, by name',
      [to({ operations: [...ROUTED_OPERATIONS] }), to({ connectors: ['stripe'] })],
      'route 2 is never used',
    ],
  ])('is told of, as where before it %s', (_what, routes, warning) => {
    expect(bridgeConfigWarnings(configOf(routes))).toEqual([expect.stringContaining(warning)]);
  });

  it.each<[string, RouteInput[]]>([
    ['is the more special one and comes first', [to({ merchants: ['m'] }), to({})]],
    ['has a merchant of its own', [to({ merchants: ['a'] }), to({ merchants: ['a', 'b'] })]],
    ['asks for another value', [to({ metadata: { region: 'eu' } }), to({ metadata: { region: 'us' } })]],
    ['leaves open what others name', [to({ merchants: ['a'] }), to({ connectors: ['stripe'] })]],
  ])('is none that %s', (_what, routes) => {
    expect(idleRoutes(configOf(routes))).toEqual([]);
  });

  it('is found wherever there is one, and nowhere else', () => {
    const some = <T>(...values: T[]) => fc.option(fc.subarray(values, { minLength: 1 }), { nil: undefined });
    const rest = ROUTED_OPERATIONS.filter(
      (operation) => operation !== 'authorize' && operation !== 'capture',
    );
    const wanted = fc.record({
      merchants: some('a', 'b'),
      connectors: some('c', 'd'),
      operations: some<readonly Operation[]>(['authorize'], ['capture'], rest).map((parts) => parts?.flat()),
      metadata: fc.option(
        fc
          .dictionary(fc.constantFrom('region', 'tier'), fc.constantFrom('1', '2'), { minKeys: 1 })
          .map((fields) => ({ ...fields })),
        { nil: undefined },
      ),
    });
    const values = [undefined, '1', '2', 'nobody names it'];
    const requests = ['a', 'b', 'nobody names it'].flatMap((merchant_id) =>
      ['c', 'd', 'nobody names it'].flatMap((connector) =>
        values.flatMap((region) =>
          values.map((tier) => ({ ...exchange().data, merchant_id, connector, metadata: { region, tier } })),
        ),
      ),
    );
    fc.assert(
      fc.property(fc.array(wanted, { minLength: 1, maxLength: 5 }), (wishes) => {
        const pools = Object.fromEntries(wishes.map((_wish, index) => [`p${index + 1}`, { merchants: [] }]));
        const config = configOf(
          wishes.map((wish, index) => ({ ...wish, pools: [`p${index + 1}`] })),
          pools,
        );
        const used = new Set(
          requests.flatMap((data) =>
            (['authorize', 'capture', 'refund'] as const).map(
              (operation) => poolsFor(config, operation, data)[0],
            ),
          ),
        );
        const idle = Object.keys(pools).filter((pool) => !used.has(pool));
        const told = idleRoutes(config).map(
          (warning) => `p${/route (\d+) is never used/.exec(warning)?.[1]}`,
        );
        expect(told).toEqual(idle);
      }),
      { numRuns: 300 },
    );
  });
});

describe('a pool that nobody names', () => {
  it('is told of; one with merchants or a route is not', () => {
    const pools = { eu: { merchants: [] }, old: { merchants: [] }, acme: { merchants: ['m_acme'] } };
    expect(bridgeConfigWarnings(configOf([to({})], pools))).toEqual([
      expect.stringContaining('nats_bridge.pools.old gets no requests'),
    ]);
  });
});
