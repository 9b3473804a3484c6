/** In which of several pools a request finds workers, asked before anything is sent. */
import type { WorkersFound } from '@nats-bridge/messaging';
import type { PoolName } from '../call/route.js';

export type WorkersInPool = WorkersFound & { readonly pool: PoolName };

/**
 * The first pool that certainly has some, else the first that may have: of requests that lie in somebody's hand nobody
 * can say whether he still lives.
 *
 * @param pools in the order in which they are tried; at least one
 */
export async function findWorkersIn(
  pools: readonly PoolName[],
  ask: (pool: PoolName) => Promise<WorkersFound>,
): Promise<WorkersInPool> {
  let best: WorkersInPool | undefined;
  for (const pool of pools) {
    const { workers, consumers } = await ask(pool);
    const found = { workers, consumers, pool };
    if (workers !== 'nobody' && workers !== 'unclear') return found;
    if (best === undefined || (best.workers === 'nobody' && workers === 'unclear')) best = found;
  }
  if (best === undefined) throw new TypeError('a request has at least one pool');
  return best;
}
