/** The accounts as JWTs of an operator, made by the official library, and a server configuration that holds them. */
import { covers } from '@nats-bridge/protocol';
import {
  type Account,
  decode,
  type Export,
  encodeAccount,
  encodeOperator,
  encodeUser,
  fmtCreds,
  type Import,
  type KeyPair,
  newScopedSigner,
  type User,
} from '@nats-io/jwt';
import { type AccountPlan, BRIDGE_ACCOUNT } from './account-plan.js';
import { type Answers, LINK_SUBJECTS } from './roles.js';

/** Whose signatures the server trusts. */
export type OperatorKeys = { readonly operator: KeyPair; readonly system: KeyPair };

/** Made once: a server that reads its configuration again takes no other operator, not even one of another date. */
export function encodeOperatorJwt({ operator, system }: OperatorKeys): Promise<string> {
  return encodeOperator('nats-bridge', operator, { system_account: system.getPublicKey() });
}

/**
 * Of an account: its identity, and what signs its user. The permissions stand with the signing key, in the account:
 * they change without new credentials, and a new signing key ends the old credentials.
 */
export type AccountKeys = { readonly account: KeyPair; readonly signer: KeyPair };

const RESPONSE_TTL_NS = 60_000_000_000;
const UNLIMITED = -1;
const NO_LIMITS = {
  subs: UNLIMITED,
  data: UNLIMITED,
  payload: UNLIMITED,
  imports: UNLIMITED,
  exports: UNLIMITED,
  wildcards: true,
  conn: UNLIMITED,
  leaf: 0,
};
/** Of the account whose streams another region may mirror, over a leaf node connection (docs/standby.md). */
const MIRRORED_LIMITS = { leaf: UNLIMITED };
const STREAM_LIMITS = {
  mem_storage: UNLIMITED,
  disk_storage: UNLIMITED,
  streams: UNLIMITED,
  consumer: UNLIMITED,
};

/**
 * @param operatorJwt of {@link encodeOperatorJwt}
 * @param keys by the account's name
 * @param before what was rendered last: an account that is as it was keeps its JWT, and its users stay undisturbed
 */
export async function renderJwtConfig(
  plans: readonly AccountPlan[],
  { operator, system }: OperatorKeys,
  operatorJwt: string,
  keys: ReadonlyMap<string, AccountKeys>,
  before: string,
): Promise<string> {
  const systemId = system.getPublicKey();
  const known = jwtsIn(before);
  const encode = async (name: string, account: KeyPair, claims: Partial<Account>) => {
    const id = account.getPublicKey();
    const jwt = await encodeAccount(name, account, claims, { signer: operator });
    const old = known.get(id);
    return `  ${id}: ${old !== undefined && saysTheSame(old, jwt) ? old : jwt}`;
  };
  const lines = [await encode('SYS', system, { limits: NO_LIMITS })];
  for (const plan of plans) {
    const { account } = keysOf(keys, plan.name);
    lines.push(await encode(plan.name, account, accountOf(plan, keys)));
  }
  return [
    `operator: ${operatorJwt}`,
    `system_account: ${systemId}`,
    'resolver: MEMORY',
    'resolver_preload: {',
    ...lines,
    '}',
    '',
  ].join('\n');
}

/** A file for the clients of a user: its JWT and its seed. */
export async function renderCreds(plan: AccountPlan, user: KeyPair, keys: AccountKeys): Promise<string> {
  const jwt = await encodeUser(plan.user, user, keys.account, {}, { signer: keys.signer, scopedUser: true });
  return Buffer.from(fmtCreds(jwt, user)).toString();
}

/** Who is in no role: the owner of the keys, and the leaf node connection of another region. */
export const ISSUED = ['owner', 'link'] as const;
export type Issued = (typeof ISSUED)[number];

/** Signed by the account itself: its permissions stand in it, and no server has to be told. */
export async function renderIssued(
  name: Issued,
  user: KeyPair,
  account: KeyPair,
  { expiresAt }: { readonly expiresAt?: Date },
): Promise<string> {
  const permissions = { allow: [...LINK_SUBJECTS], deny: [] };
  const claims: Partial<User> =
    name === 'owner' ? {} : { pub: permissions, sub: permissions, allowed_connection_types: ['LEAFNODE'] };
  const valid = expiresAt === undefined ? {} : { exp: Math.floor(expiresAt.getTime() / 1_000) };
  return Buffer.from(fmtCreds(await encodeUser(name, user, account, claims, valid), user)).toString();
}

function accountOf(plan: AccountPlan, keys: ReadonlyMap<string, AccountKeys>): Partial<Account> {
  const { signer } = keysOf(keys, plan.name);
  const { allow, deny } = plan.publish;
  // Once for each account: it takes milliseconds, and there are hundreds of imports.
  const lenders = new Set(plan.imports.map(({ from }) => from));
  const ids = new Map([...lenders].map((from) => [from, keysOf(keys, from).account.getPublicKey()]));
  const template = {
    pub: { allow: [...allow], deny: [...deny] },
    sub: { allow: [...plan.subscribe], deny: [] },
    ...(plan.mayRespond && { resp: { max: 1, ttl: RESPONSE_TTL_NS } }),
  };
  return {
    limits: {
      ...NO_LIMITS,
      ...(plan.hasStreams && STREAM_LIMITS),
      ...(plan.name === BRIDGE_ACCOUNT && MIRRORED_LIMITS),
    },
    signing_keys: [newScopedSigner(signer, plan.user, template)],
    exports: plan.exports
      .filter(
        (narrow) => !plan.exports.some((wide) => wide !== narrow && covers(wide.subject, narrow.subject)),
      )
      .map(({ subject, answers }) => exportOf(subject, answers)),
    imports: plan.imports.map(({ subject, local, from }): Import => {
      const account = ids.get(from) as string;
      return { name: subject, subject, account, type: 'service', local_subject: local };
    }),
  };
}

/**
 * What is exported can only be borrowed by accounts that this operator has signed, and each borrows what its own JWT
 * says. The server takes no export that another covers.
 */
function exportOf(subject: string, answers: Answers): Export {
  const response_type = answers === 'many' ? 'Stream' : 'Singleton';
  return { name: subject, subject, type: 'service', response_type };
}

/** By the account's public key. */
function jwtsIn(config: string): ReadonlyMap<string, string> {
  return new Map([...config.matchAll(/^ {2}(A\w+): (\S+)$/gm)].map(([, id = '', jwt = '']) => [id, jwt]));
}

function saysTheSame(one: string, other: string): boolean {
  return JSON.stringify(decode(one).nats) === JSON.stringify(decode(other).nats);
}

function keysOf(keys: ReadonlyMap<string, AccountKeys>, account: string): AccountKeys {
  const found = keys.get(account);
  if (found === undefined) throw new TypeError(`account ${account} has no keys`);
  return found;
}
