import { describe, expect, it } from 'vitest';
import { type AccessState, encodeState, parseState, withMerchant, withWorker } from './access-state.js';
import { DEFAULT_LAYOUT } from './layout.js';

const NOBODY: AccessState = { proof: 'jwt', layout: DEFAULT_LAYOUT, pools: {}, workers: [] };
const REFUSED = /^sandbox cannot have a store of its own \(--own-store\) in the general pool .*\(acme\)/;

describe('a pool that any merchant may be routed to', () => {
  const routed = withWorker(NOBODY, { name: 'eu', pool: 'eu', servesAnyMerchant: true });

  it('has no merchants for itself, whichever comes first', () => {
    expect(() => withMerchant(routed, 'm', 'eu')).toThrow(/^eu serves any merchant .* in the pool eu/);
    const acme = withWorker(NOBODY, { name: 'acme', pool: 'acme', merchants: ['m'] });
    expect(() => withWorker(acme, { name: 'any', pool: 'acme', servesAnyMerchant: true })).toThrow(
      /^any serves any merchant .* in the pool acme/,
    );
  });

  it('is kept as it was', () => {
    expect(parseState(encodeState(routed))).toEqual(routed);
  });

  it('is a pool', () => {
    expect(() => withWorker(NOBODY, { name: 'eu', servesAnyMerchant: true })).toThrow(
      /--any-merchant is for/,
    );
  });

  it('lets no worker have a store of its own beside merchants that another pool has for itself', () => {
    const stored = withWorker(NOBODY, { name: 'eu', pool: 'eu', servesAnyMerchant: true, hasOwnStore: true });
    expect(() => withWorker(stored, { name: 'acme', pool: 'acme', merchants: ['m'] })).toThrow(
      /^eu cannot have a store of its own \(--own-store\) in the pool eu .*\(acme\)/,
    );
  });
});

describe('a store of its own', () => {
  it('is for a general worker only where there are no pools, whichever comes first', () => {
    const general = withWorker(NOBODY, { name: 'sandbox', hasOwnStore: true });
    expect(() => withWorker(general, { name: 'acme', pool: 'acme' })).toThrow(REFUSED);
    const pooled = withWorker(NOBODY, { name: 'acme', pool: 'acme', merchants: ['m'], hasOwnStore: true });
    expect(() => withWorker(pooled, { name: 'sandbox', hasOwnStore: true })).toThrow(REFUSED);
    expect(withWorker(pooled, { name: 'general' }).workers).toHaveLength(2);
  });

  it('that a general worker has from before lets no further merchant into a pool', () => {
    const both: AccessState = {
      ...withWorker(NOBODY, { name: 'sandbox', hasOwnStore: true }),
      pools: { acme: ['m'] },
    };
    expect(() => withMerchant(both, 'm2', 'acme')).toThrow(REFUSED);
    expect(withMerchant(both, 'm', 'acme')).toBe(both);
  });
});
