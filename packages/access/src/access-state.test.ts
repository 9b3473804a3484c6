import { describe, expect, it } from 'vitest';
import { type AccessState, withMerchant, withWorker } from './access-state.js';
import { DEFAULT_LAYOUT } from './layout.js';

const NOBODY: AccessState = { proof: 'jwt', layout: DEFAULT_LAYOUT, pools: {}, workers: [] };
const REFUSED = /^sandbox cannot have a store of its own \(--own-store\) in the general pool .*\(acme\)/;

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
