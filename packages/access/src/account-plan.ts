/**
 * Roles as NATS accounts: the streams are in the bridge's account, and everybody else has one of his own that borrows
 * single subjects of it. Permissions alone would not hold: JetStream publishes its answer to a question wherever the
 * question says, with nobody's permissions asked, but never beyond the account that asked.
 */
import { inBorrowingAccount } from './jetstream-subjects.js';
import type { Layout } from './layout.js';
import type { Pools, Principal } from './principal.js';
import { type BorrowedAccess, borrowedAccess, bridgeAccess, INBOX, type Service } from './roles.js';

export type Export = Service & { readonly to: readonly string[] };
export type Import = Service & {
  readonly from: string;
  /** The subject's name in the importing account; wildcards are `$1`, `$2` … */
  readonly local: string;
};

export type AccountPlan = {
  readonly name: string;
  /** The one user it has. */
  readonly user: string;
  readonly hasStreams: boolean;
  readonly exports: readonly Export[];
  readonly imports: readonly Import[];
  readonly publish: { readonly allow: readonly string[]; readonly deny: readonly string[] };
  readonly subscribe: readonly string[];
  /** It may answer what it was asked, once. */
  readonly mayRespond: boolean;
};

export const BRIDGE_ACCOUNT = 'BRIDGE';

export function accountOf({ role, name }: Principal): string {
  return (role === 'worker' ? `WORKER_${name}` : name).toUpperCase();
}

/** @param principals the bridge among them */
export function planAccounts(layout: Layout, pools: Pools, principals: readonly Principal[]): AccountPlan[] {
  const borrowers = principals.flatMap((principal) =>
    principal.role === 'bridge'
      ? []
      : [{ principal, account: accountOf(principal), access: borrowedAccess(layout, pools, principal) }],
  );
  /** To be asked from another account. */
  const servedBy = (services: (access: BorrowedAccess) => readonly Service[]): Import[] =>
    borrowers.flatMap(({ account, access }) =>
      services(access).map((service) => ({ ...service, from: account, local: service.subject })),
    );
  const announced = servedBy(({ announces }) => announces);
  const seers = [
    BRIDGE_ACCOUNT,
    ...borrowers.filter(({ access }) => access.seesWorkers).map(({ account }) => account),
  ];
  const { publish, subscribe } = bridgeAccess(layout, pools);
  const bridge: AccountPlan = {
    name: BRIDGE_ACCOUNT,
    user: 'bridge',
    hasStreams: true,
    exports: exportsTo(borrowers),
    imports: [...servedBy(({ serves }) => serves), ...announced],
    publish: { allow: publish, deny: [] },
    subscribe,
    mayRespond: false,
  };
  return [
    bridge,
    ...borrowers.map(({ principal, account, access }) =>
      planOf(principal, account, access, announced, seers),
    ),
  ];
}

function planOf(
  { name: user }: Principal,
  account: string,
  access: BorrowedAccess,
  announced: readonly Import[],
  seers: readonly string[],
): AccountPlan {
  const seen = access.seesWorkers ? announced : [];
  const asked = access.asks.map(({ subject }) => inBorrowingAccount(subject));
  return {
    name: account,
    user,
    hasStreams: access.own.length > 0,
    exports: [
      ...access.serves.map((service) => ({ ...service, to: [BRIDGE_ACCOUNT] })),
      ...access.announces.map((service) => ({ ...service, to: seers })),
    ],
    imports: [
      ...access.asks.map((service) => ({
        ...service,
        from: BRIDGE_ACCOUNT,
        local: inBorrowingAccount(service.subject, 'numbered'),
      })),
      ...seen,
    ],
    publish: {
      allow: [...new Set([...asked, ...seen.map(({ subject }) => subject), ...access.own])],
      deny: access.denied.map((subject) => inBorrowingAccount(subject)),
    },
    subscribe: [INBOX, ...[...access.serves, ...access.announces].map(({ subject }) => subject)],
    mayRespond: access.announces.length > 0,
  };
}

/** Each subject once, with everybody who borrows it. */
function exportsTo(
  borrowers: readonly { readonly account: string; readonly access: BorrowedAccess }[],
): readonly Export[] {
  const exported = new Map<string, Export>();
  for (const { account, access } of borrowers)
    for (const service of access.asks) {
      const to = exported.get(service.subject)?.to ?? [];
      exported.set(service.subject, { ...service, to: [...to, account] });
    }
  return [...exported.values()];
}
