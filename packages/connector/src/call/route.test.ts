import { describe, expect, it } from 'vitest';
import { type BridgeConfigInput, bridgeConfigSchema } from '../config/bridge-config.js';
import { exchange } from '../testing/exchanges.js';
import { describeRoutes, poolsFor, poolsOfMerchant } from './route.js';

const POOLS = { eu: { merchants: [] }, us: { merchants: [] }, acme: { merchants: ['m_acme'] } };
const configOf = (routes: BridgeConfigInput['routes']) => bridgeConfigSchema.parse({ pools: POOLS, routes });
const { data } = exchange();

describe('the route of a request', () => {
  it.each([
    ['its merchant', { merchants: ['m', 'other'] }, true],
    ['another merchant', { merchants: ['other'] }, false],
    ['its connector', { connectors: ['c'] }, true],
    ['another connector', { connectors: ['stripe'] }, false],
    ['its operation', { operations: ['capture' as const] }, true],
    ['another operation', { operations: ['refund' as const] }, false],
    ['its metadata', { metadata: { region: 'eu' } }, true],
    ['a number in its metadata', { metadata: { tier: '2' } }, true],
    ['another value in its metadata', { metadata: { region: 'us' } }, false],
    ['a field that it has not', { metadata: { zone: 'eu' } }, false],
    ['a field of every object', { metadata: { toString: 'eu' } }, false],
    ['an object in its metadata', { metadata: { nested: '[object Object]' } }, false],
    ['all of it', { merchants: ['m'], connectors: ['c'], metadata: { region: 'eu', tier: '2' } }, true],
    ['all but one', { merchants: ['m'], connectors: ['c'], metadata: { region: 'eu', tier: '3' } }, false],
    ['nothing', {}, true],
  ])('is one that asks for %s: %o, %s', (_what, wanted, isFitting) => {
    const config = configOf([{ ...wanted, pools: ['eu'] }]);
    const said = { ...data, metadata: { region: 'eu', tier: 2, nested: {} } };
    expect(poolsFor(config, 'capture', said)).toEqual([isFitting ? 'eu' : undefined]);
  });

  it.each([['nothing'], [undefined], [null], [['eu']]])('reads no field of metadata %o', (metadata) => {
    const config = configOf([{ metadata: { region: 'eu' }, pools: ['eu'] }]);
    expect(poolsFor(config, 'capture', { ...data, metadata })).toEqual([undefined]);
  });

  it('is the first that fits, with its pools in order, and the general one only where it says so', () => {
    const config = configOf([
      { connectors: ['c'], pools: ['us', 'eu'] },
      { pools: ['eu'], or_general: true },
    ]);
    expect(poolsFor(config, 'capture', data)).toEqual(['us', 'eu']);
    expect(poolsFor(config, 'capture', { ...data, connector: 'd' })).toEqual(['eu', undefined]);
  });

  it('never leads away from the pool that a merchant has for itself', () => {
    const config = configOf([{ pools: ['eu'] }]);
    expect(poolsFor(config, 'capture', { ...data, merchant_id: 'm_acme' })).toEqual(['acme']);
    expect(poolsOfMerchant(config, 'm_acme')).toEqual(['acme']);
    expect(poolsOfMerchant(config, 'm')).toEqual([undefined, 'eu']);
  });
});

describe('the routes for people', () => {
  it('stand in the order in which they are tried, after the merchants with a pool for themselves', () => {
    const config = configOf([
      { metadata: { region: 'eu' }, pools: ['eu', 'us'] },
      {
        merchants: ['a', 'b', 'c', 'd', 'e', 'f'],
        connectors: ['stripe'],
        operations: ['authorize', 'capture'],
        pools: ['us'],
        or_general: true,
      },
    ]);
    expect(describeRoutes(config)).toEqual([
      'of m_acme: acme',
      '1: every operation, metadata region = eu: eu, else us',
      '2: authorize or capture, merchant a or b or c or d or 2 more, connector stripe: us, else the workers of no pool',
      'of all else: the workers of no pool',
    ]);
  });

  it('leave nothing else where one fits all, and are none without pools', () => {
    expect(describeRoutes(configOf([{ pools: ['eu'] }]))).toEqual([
      'of m_acme: acme',
      '1: every operation: eu',
    ]);
    expect(describeRoutes(bridgeConfigSchema.parse({}))).toEqual([]);
  });
});

describe('a route that leads nowhere', () => {
  it.each([
    ['an unknown pool', { pools: ['asia'] }, 'is no pool: add [nats_bridge.pools.asia]'],
    ['no pool', { pools: [] }, 'must name a pool'],
    ['somebody else’s pool', { pools: ['acme'] }, 'has merchants for itself'],
    ['a merchant with a pool', { merchants: ['m_acme'], pools: ['eu'] }, 'is in the pool acme'],
    ['an operation that is none', { operations: ['pay' as never], pools: ['eu'] }, 'must be operations'],
    ['metadata without a field', { metadata: {}, pools: ['eu'] }, 'must name a field'],
  ])('to or of %s is refused', (_what, route, message) => {
    const read = bridgeConfigSchema.safeParse({ pools: POOLS, routes: [route] });
    expect(read.error?.issues.map((issue) => issue.message).join()).toContain(message);
  });

  it('without the stream is refused', () => {
    const read = bridgeConfigSchema.safeParse({
      jetstream_enabled: false,
      pools: POOLS,
      routes: [{ pools: ['eu'] }],
    });
    expect(read.error?.issues[0]?.message).toContain('need the stream');
  });
});
