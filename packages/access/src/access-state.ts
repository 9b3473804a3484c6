/** What an installation's access consists of, without its secrets; changed by pure functions. */
import { type Operation, ValidationError } from '@nats-bridge/protocol';
import { z } from 'zod';
import { ISSUED } from './jwt-config.js';
import type { Layout } from './layout.js';
import {
  assertName,
  FIXED,
  type Pools,
  type Principal,
  parseOperations,
  servesOthers,
  type WorkerPrincipal,
} from './principal.js';

/** How users prove who they are: JWTs of an operator, or plain configuration with nkeys or passwords. */
export const PROOFS = ['jwt', 'nkeys', 'passwords'] as const;
export type Proof = (typeof PROOFS)[number];

export type AccessState = {
  readonly proof: Proof;
  readonly layout: Layout;
  readonly pools: Pools;
  readonly workers: readonly WorkerPrincipal[];
};

const stateSchema = z.strictObject({
  proof: z.enum(PROOFS),
  layout: z.strictObject({
    stream: z.string(),
    consumer: z.string(),
    subjects: z.record(z.string(), z.string()),
  }),
  pools: z.record(z.string(), z.array(z.string())),
  workers: z.array(
    z.strictObject({
      name: z.string(),
      pool: z.string().optional(),
      servesAnyMerchant: z.boolean().optional(),
      operations: z.array(z.string()).optional(),
      hasOwnStore: z.boolean(),
    }),
  ),
});

/** @throws ZodError, SyntaxError when it is not what {@link encodeState} wrote */
export function parseState(text: string): AccessState {
  const { workers, layout, ...rest } = stateSchema.parse(JSON.parse(text));
  return {
    ...rest,
    layout: { ...layout, subjects: layout.subjects as Layout['subjects'] },
    workers: workers.map(({ name, pool, servesAnyMerchant, operations, hasOwnStore }) => ({
      role: 'worker',
      name,
      pool,
      servesAnyMerchant,
      operations: operations && parseOperations(operations),
      hasOwnStore,
    })),
  };
}

export function encodeState({ proof, layout, pools, workers }: AccessState): string {
  const kept = workers.map(({ role: _, ...worker }) => worker);
  return `${JSON.stringify({ proof, layout, pools, workers: kept }, null, 2)}\n`;
}

export function principalsOf({ workers }: AccessState): readonly Principal[] {
  return [...FIXED, ...workers];
}

export type NewWorker = {
  readonly name: string;
  readonly pool?: string;
  readonly merchants?: readonly string[];
  readonly servesAnyMerchant?: boolean;
  readonly operations?: readonly string[];
  readonly hasOwnStore?: boolean;
};

/**
 * @throws ValidationError when the name is taken, merchants are given without a pool that keeps them apart, any merchant
 * is to be served in a pool that has some for itself, or a general worker would have a store of its own beside pools
 */
export function withWorker(state: AccessState, wanted: NewWorker): AccessState {
  const { name, pool, merchants = [] } = wanted;
  assertName(name, 'worker');
  if ((ISSUED as readonly string[]).includes(name))
    throw new ValidationError(
      `${name} is the name of what nats-bridge auth issue makes; take another one for the worker`,
    );
  if (principalsOf(state).some((principal) => principal.name === name))
    throw new ValidationError(
      `there are credentials called ${name} already; rotate them, or take another name`,
    );
  if (pool === undefined && merchants.length > 0)
    throw new ValidationError(
      'merchants need a pool: workers of one consumer get the requests of all its merchants. Name one with --pool',
    );
  if (wanted.servesAnyMerchant && pool === undefined)
    throw new ValidationError(
      'without a pool a worker serves every merchant anyhow: --any-merchant is for a pool of [[nats_bridge.routes]]',
    );
  if (pool !== undefined) assertName(pool, 'pool');
  const operations: readonly Operation[] | undefined =
    wanted.operations && parseOperations(wanted.operations);
  const worker: WorkerPrincipal = {
    role: 'worker',
    name,
    pool,
    servesAnyMerchant: wanted.servesAnyMerchant,
    operations,
    hasOwnStore: wanted.hasOwnStore ?? false,
  };
  const pooled: AccessState =
    pool === undefined || state.pools[pool] !== undefined
      ? state
      : { ...state, pools: { ...state.pools, [pool]: [] } };
  let next: AccessState = { ...pooled, workers: [...state.workers, worker] };
  assertApart(next);
  if (pool !== undefined) for (const merchant of merchants) next = withMerchant(next, merchant, pool);
  return next;
}

/** @throws ValidationError when another pool has it, or a general worker with a store of its own could write for it */
export function withMerchant(state: AccessState, merchant: string, pool: string): AccessState {
  const merchants = state.pools[pool];
  if (merchants === undefined)
    throw new ValidationError(
      `there is no pool ${pool}: the first worker makes it (auth add-worker --pool ${pool})`,
    );
  const other = Object.entries(state.pools).find(([, has]) => has.includes(merchant))?.[0];
  if (other === pool) return state;
  if (other !== undefined)
    throw new ValidationError(
      `${merchant} is in the pool ${other}; a merchant's requests go to one pool only`,
    );
  if (merchant === '') throw new ValidationError('a merchant id has 1 to 255 characters');
  const next = { ...state, pools: { ...state.pools, [pool]: [...merchants, merchant] } };
  assertApart(next);
  return next;
}

/** A pool is for merchants of its own, or for any that is routed there. */
function assertApart(state: AccessState): void {
  const worker = state.workers.find(
    ({ pool, servesAnyMerchant }) => servesAnyMerchant && pool && (state.pools[pool] ?? []).length > 0,
  );
  if (worker !== undefined)
    throw new ValidationError(
      `${worker.name} serves any merchant (--any-merchant) in the pool ${worker.pool}, which would have merchants for itself: take another pool for one of the two`,
    );
  assertStoresApart(state);
}

/**
 * What keeps a general worker from the records of a pool's merchants is the permissions of its user. JetStream in its own
 * account publishes without them, and would write there for it.
 */
function assertStoresApart({ pools, workers }: AccessState): void {
  const worker = workers.find((one) => one.hasOwnStore && servesOthers(one));
  const pool = Object.keys(pools).find((name) => name !== worker?.pool);
  if (worker !== undefined && pool !== undefined)
    throw new ValidationError(
      `${worker.name} cannot have a store of its own (--own-store) in the ${worker.pool === undefined ? 'general pool' : `pool ${worker.pool}`} while there are ${worker.pool === undefined ? '' : 'other '}pools (${pool}): through it, it could write the records of their merchants. Give ${worker.name} a pool with merchants of its own, or no store`,
    );
}
