/** The folder of an installation's access: state, keys, credentials and server configuration, for its owner's eyes only. */
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { makeFolder, ValidationError } from '@nats-bridge/protocol';
import { createAccount, createOperator, createUser, fromSeed, type KeyPair } from '@nats-io/nkeys';
import { type AccessState, encodeState, parseState, principalsOf } from './access-state.js';
import { type AccountPlan, accountOf, planAccounts } from './account-plan.js';
import {
  type AccountKeys,
  encodeOperatorJwt,
  type Issued,
  renderCreds,
  renderIssued,
  renderJwtConfig,
} from './jwt-config.js';
import { renderPlainConfig, type UserProof } from './plain-config.js';

const STATE_FILE = 'access.json';
const PRIVATE_FILE = 0o600;
const PRIVATE_FOLDER = 0o700;

export const AUTH_FILE = 'auth.conf';
export const SERVER_FILE = 'nats-server.conf';
/** Where the server's monitoring listens: it asks nobody who he is, so it is for this machine. */
export const MONITOR = '127.0.0.1:8222';

export function hasAccess(folder: string): boolean {
  return existsSync(join(folder, STATE_FILE));
}

/** @throws ValidationError when there is none, or it cannot be read */
export function readAccess(folder: string): AccessState {
  const file = join(folder, STATE_FILE);
  if (!existsSync(file))
    throw new ValidationError(`${folder} holds no access: nats-bridge auth init makes it`);
  try {
    return parseState(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new ValidationError(`${file} is not what nats-bridge wrote: ${(cause as Error).message}`);
  }
}

/** What goes with somebody's credentials. */
export function credentialsFile(folder: string, { proof }: AccessState, name: string): string {
  const ending = { jwt: 'creds', nkeys: 'nk', passwords: 'password' }[proof];
  return join(folder, 'creds', `${name}.${ending}`);
}

/**
 * Writes state, server configuration and what credentials are missing. Those that are there stay as they are:
 * permissions stand with the server.
 *
 * @returns the credentials that are new
 */
export async function writeAccess(folder: string, state: AccessState): Promise<readonly string[]> {
  for (const path of [folder, join(folder, 'keys'), join(folder, 'creds')]) {
    makeFolder(path, { mode: PRIVATE_FOLDER });
    chmodSync(path, PRIVATE_FOLDER);
  }
  const plans = planAccounts(state.layout, state.pools, principalsOf(state));
  const missing = principalsOf(state)
    .map(({ name }) => name)
    .filter((name) => !existsSync(credentialsFile(folder, state, name)));
  const config =
    state.proof === 'jwt'
      ? await writeJwt(folder, state, plans, missing)
      : writePlain(folder, state, plans, missing);
  write(join(folder, AUTH_FILE), `# Made by nats-bridge auth; changed by it only.\n${config}`);
  // Last: what cannot be written is not said to be there.
  write(join(folder, STATE_FILE), encodeState(state));
  return missing;
}

export function nobodyCalled(name: string, state: AccessState): ValidationError {
  const names = principalsOf(state).map((principal) => principal.name);
  return new ValidationError(`nobody is called ${name} here; there are ${names.join(', ')}`);
}

/** Takes somebody's credentials away; {@link writeAccess} makes new ones. @throws ValidationError for an unknown name */
export function forgetCredentials(folder: string, state: AccessState, name: string): void {
  if (!principalsOf(state).some((principal) => principal.name === name)) throw nobodyCalled(name, state);
  for (const kind of ['user', 'signer']) rmSync(keyFile(folder, name, kind), { force: true });
  rmSync(credentialsFile(folder, state, name), { force: true });
}

/**
 * Credentials of the bridge's account for who is in no role. They stand in no configuration, and a rotation does not end
 * them: the owner's end by themselves.
 *
 * @returns their file, and the account's public key
 * @throws ValidationError where users stand in the server's configuration
 */
export async function issueCredentials(
  folder: string,
  state: AccessState,
  name: Issued,
  options: { readonly expiresAt?: Date } = {},
): Promise<{ readonly file: string; readonly account: string }> {
  if (state.proof !== 'jwt')
    throw new ValidationError(
      `with ${state.proof} a user stands in the server's configuration: docs/access.md ("What no role may") has the owner's, docs/standby.md that of a link`,
    );
  const file = credentialsFile(folder, state, name);
  if (principalsOf(state).some((principal) => principal.name === name))
    throw new ValidationError(
      `there is a worker called ${name}, whose credentials are ${file}: nothing is written over them. Issue these from a copy of ${folder}`,
    );
  const account = keyOf(folder, 'bridge', 'account', createAccount);
  write(file, await renderIssued(name, createUser(), account, options));
  return { file, account: account.getPublicKey() };
}

/** Everything of an installation; there is no way back. */
export function removeAccess(folder: string): void {
  for (const name of [STATE_FILE, AUTH_FILE, SERVER_FILE, 'keys', 'creds'])
    rmSync(join(folder, name), { recursive: true, force: true });
}

/** A configuration that is the reader's own from now on: it is written once. */
export function writeServerConfig(folder: string, listen: string, monitor = MONITOR): void {
  write(
    join(folder, SERVER_FILE),
    `# A nats-server with the streams of NATS Bridge on disk. Yours to change: nats-bridge writes it only once.
listen: ${JSON.stringify(listen)}
# Where the bridge reads how often the server flushes: nats_bridge.monitor_url. It asks nobody who he is; keep it private.
http: ${JSON.stringify(monitor)}
jetstream {
  store_dir: ${JSON.stringify(join(resolve(folder), 'jetstream'))}
  sync_interval: always
}
# Beyond this machine, payments must not travel in clear:
# tls { cert_file: "server.pem", key_file: "server.key", ca_file: "ca.pem" }
include "${AUTH_FILE}"
`,
  );
}

async function writeJwt(
  folder: string,
  state: AccessState,
  plans: readonly AccountPlan[],
  missing: readonly string[],
): Promise<string> {
  const names = new Map(principalsOf(state).map((principal) => [accountOf(principal), principal.name]));
  const keys = new Map<string, AccountKeys>();
  for (const [account, name] of names)
    keys.set(account, {
      account: keyOf(folder, name, 'account', createAccount),
      signer: keyOf(folder, name, 'signer', createAccount),
    });
  for (const plan of plans) {
    const accountKeys = keys.get(plan.name);
    if (accountKeys === undefined || !missing.includes(plan.user)) continue;
    const user = keyOf(folder, plan.user, 'user', createUser);
    write(credentialsFile(folder, state, plan.user), await renderCreds(plan, user, accountKeys));
  }
  const operator = keyOf(folder, 'nats', 'operator', createOperator);
  const system = keyOf(folder, 'nats', 'system', createAccount);
  const authFile = join(folder, AUTH_FILE);
  const before = existsSync(authFile) ? readFileSync(authFile, 'utf8') : '';
  const jwtFile = join(folder, 'keys', 'nats.operator.jwt');
  if (!existsSync(jwtFile)) write(jwtFile, await encodeOperatorJwt({ operator, system }));
  return renderJwtConfig(plans, { operator, system }, readFileSync(jwtFile, 'utf8'), keys, before);
}

function writePlain(
  folder: string,
  state: AccessState,
  plans: readonly AccountPlan[],
  missing: readonly string[],
): string {
  const proofs = new Map<string, UserProof>();
  for (const { user } of plans) {
    const file = credentialsFile(folder, state, user);
    if (state.proof === 'nkeys') {
      const key = keyOf(folder, user, 'user', createUser);
      if (missing.includes(user)) write(file, `${seedOf(key)}\n`);
      proofs.set(user, { kind: 'nkey', publicKey: key.getPublicKey() });
    } else {
      if (missing.includes(user)) write(file, `${randomBytes(32).toString('base64url')}\n`);
      proofs.set(user, { kind: 'password', password: readFileSync(file, 'utf8').trim() });
    }
  }
  return renderPlainConfig(plans, proofs);
}

function keyOf(folder: string, name: string, kind: string, create: () => KeyPair): KeyPair {
  const file = keyFile(folder, name, kind);
  if (existsSync(file)) return fromSeed(Buffer.from(readFileSync(file, 'utf8').trim()));
  const key = create();
  write(file, `${seedOf(key)}\n`);
  return key;
}

function keyFile(folder: string, name: string, kind: string): string {
  return join(folder, 'keys', `${name}.${kind}.nk`);
}

function seedOf(key: KeyPair): string {
  return Buffer.from(key.getSeed()).toString();
}

/** Whole or not at all, and never readable for others, not even for a moment. */
function write(file: string, text: string): void {
  const draft = `${file}.new`;
  rmSync(draft, { force: true });
  writeFileSync(draft, text, { mode: PRIVATE_FILE, flag: 'wx' });
  renameSync(draft, file);
}
