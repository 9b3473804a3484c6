/** Who gets credentials: the bridge, people in one of two roles, and workers by pool, merchants and operations. */
import { isOperation, OPERATIONS, type Operation, ValidationError } from '@nats-bridge/protocol';

export type WorkerPrincipal = {
  readonly role: 'worker';
  readonly name: string;
  /** Merchants that have workers of their own; undefined for the general pool. */
  readonly pool: string | undefined;
  /** In a pool of `[[nats_bridge.routes]]`: serves every merchant that no pool has for itself, as general workers do. */
  readonly servesAnyMerchant?: boolean | undefined;
  /** Undefined for all of them. */
  readonly operations: readonly Operation[] | undefined;
  /** Streams and buckets in its own account, for state of its own; never those of the bridge. */
  readonly hasOwnStore: boolean;
};

export type Principal =
  | WorkerPrincipal
  | { readonly role: 'bridge' | 'operator' | 'auditor'; readonly name: string };

/** Of the credentials that every installation has. */
export const FIXED: readonly Principal[] = [
  { role: 'bridge', name: 'bridge' },
  { role: 'operator', name: 'operator' },
  { role: 'auditor', name: 'auditor' },
];

/** Merchants of each pool, by its name. */
export type Pools = Readonly<Record<string, readonly string[]>>;

/** Whether it serves all merchants but those that a pool has for itself. */
export function servesOthers({ pool, servesAnyMerchant }: WorkerPrincipal): boolean {
  return pool === undefined || servesAnyMerchant === true;
}

const NAME = /^[a-z0-9][a-z0-9_-]{0,31}$/;

/** @throws ValidationError when it cannot name an account, a file and a consumer */
export function assertName(name: string, what: string): void {
  if (!NAME.test(name))
    throw new ValidationError(
      `${what} ${JSON.stringify(name)}: take 1 to 32 small letters, digits, _ or -, a letter or digit first`,
    );
}

/** @throws ValidationError that names what is no operation */
export function parseOperations(names: readonly string[]): readonly Operation[] {
  const wrong = names.filter((name) => !isOperation(name));
  if (wrong.length > 0)
    throw new ValidationError(`no operation is called ${wrong.join(', ')}; see docs/contract.md#operations`);
  return OPERATIONS.map(({ operation }) => operation).filter((operation) => names.includes(operation));
}
