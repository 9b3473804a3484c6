/** `nats-bridge auth`: server configuration and credentials, each role with the least subjects. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  type AccessState,
  AUTH_FILE,
  accessRows,
  credentialsFile,
  DOMAIN,
  forgetCredentials,
  hasAccess,
  ISSUED,
  type Issued,
  issueCredentials,
  type Layout,
  MONITOR,
  nobodyCalled,
  PROOFS,
  type Proof,
  planAccounts,
  principalsOf,
  readAccess,
  removeAccess,
  SERVER_FILE,
  type WorkerPrincipal,
  withMerchant,
  withWorker,
  writeAccess,
  writeServerConfig,
} from '@nats-bridge/access';
import type { BridgeConfig } from '@nats-bridge/connector';
import { ValidationError } from '@nats-bridge/protocol';
import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { readSettings, withConfigOption } from '../installation/settings.js';
import { wholeNumber } from '../options/number-option.js';
import { asJson } from '../output/as-json.js';
import { mark, table } from '../output/terminal.js';

type Place = { dir: string };

export function authCommand(): Command {
  return new Command('auth')
    .summary('write NATS credentials and permissions')
    .description(
      'Writes a NATS configuration in which the bridge, each worker, operators and auditors reach only their own subjects. Roles and subjects: docs/access.md.',
    )
    .addCommand(initCommand())
    .addCommand(addWorkerCommand())
    .addCommand(addMerchantCommand())
    .addCommand(rotateCommand())
    .addCommand(issueCommand())
    .addCommand(showCommand());
}

function subcommand(name: string, description: string): Command {
  return new Command(name)
    .summary(description.split('.')[0] ?? description)
    .description(description)
    .option('--dir <folder>', 'where configuration, keys and credentials lie', 'nats-auth');
}

function initCommand(): Command {
  type Options = Place & { proof: Proof; listen: string; force?: boolean; config?: string };
  return withConfigOption(
    subcommand(
      'init',
      'make a server configuration, and credentials for bridge, operator and auditor. Names of stream, consumers and subjects are those of the configuration.',
    ),
  )
    .addOption(
      new Option('--proof <kind>', 'how users prove who they are')
        .choices(PROOFS)
        .default('jwt' satisfies Proof),
    )
    .option('--listen <address>', 'of the server', '127.0.0.1:4222')
    .option('--force', 'replace what is there: every credential given out so far ends')
    .action(async ({ dir, proof, listen, force, ...options }: Options) => {
      if (hasAccess(dir) || existsSync(join(dir, SERVER_FILE))) {
        if (!force) throw new Error(`${dir} holds access already; --force ends every credential in it`);
        removeAccess(dir);
      }
      const { bridge } = readSettings(options);
      const pools = Object.fromEntries(
        Object.entries(bridge.pools).map(([pool, { merchants }]) => [pool, merchants]),
      );
      const state: AccessState = { proof, layout: layoutOf(bridge), pools, workers: [] };
      await writeAccess(dir, state);
      writeServerConfig(dir, listen);
      done(`${dir}: configuration and credentials (${proof})`);
      next([
        `start the server:        nats-server -c ${join(dir, SERVER_FILE)}`,
        `  or, in one you have:   include "${AUTH_FILE}"`,
        `for the bridge:          ${credentialsFile(dir, state, 'bridge')}`,
        `  and where it is here:  nats_bridge.monitor_url = "http://${MONITOR}"`,
        `for people who settle:   ${credentialsFile(dir, state, 'operator')}, who look: ${credentialsFile(dir, state, 'auditor')}`,
        `  and for both:          nats_bridge.jetstream.domain = "${DOMAIN}"`,
        `add workers:             nats-bridge auth add-worker <name>`,
        `keep for yourself:       ${join(dir, 'keys')}, readable by nobody else`,
      ]);
    });
}

function addWorkerCommand(): Command {
  type Options = Place & {
    pool?: string;
    merchants?: string[];
    anyMerchant?: boolean;
    operations?: string[];
    ownStore?: boolean;
  };
  return subcommand(
    'add-worker',
    'make credentials for a worker. Without --pool it serves every merchant that no pool has; without --operations all of them.',
  )
    .argument('<name>', 'small letters, digits, _ and -')
    .option('--pool <name>', 'a pool of merchants that have workers of their own')
    .option('--merchants <ids>', 'put these into the pool; separated by commas', commaSeparated)
    .option(
      '--any-merchant',
      'in a pool of [[nats_bridge.routes]]: serves every merchant that no pool has for itself',
    )
    .option('--operations <names>', 'only these; separated by commas', commaSeparated)
    .option(
      '--own-store',
      'streams and buckets in its own account, as the sandbox needs them; where there are pools, with --pool only',
    )
    .action(async (name: string, { dir, ownStore, anyMerchant, ...options }: Options) => {
      const before = readAccess(dir);
      const hasOwnStore = ownStore === true;
      const state = asked(() =>
        withWorker(before, { name, hasOwnStore, servesAnyMerchant: anyMerchant, ...options }),
      );
      await writeAccess(dir, state);
      done(
        `${name} ${options.pool === undefined ? 'serves the general pool' : `serves the pool ${options.pool}`}`,
      );
      next([
        reloadLine(dir),
        `give the worker:         ${credentialsFile(dir, state, name)}, and the JetStream domain ${DOMAIN}`,
        ...(options.pool === undefined ? [] : [`tell the worker its pool: pool: '${options.pool}'`]),
        ...poolLines(state),
      ]);
    });
}

function addMerchantCommand(): Command {
  return subcommand(
    'add-merchant',
    "put a merchant into a pool. The pool's workers keep their credentials; other workers have no part in the merchant from then on.",
  )
    .argument('<merchant>', 'merchant id')
    .requiredOption('--pool <name>', 'a pool that a worker has')
    .action(async (merchant: string, { dir, pool }: Place & { pool: string }) => {
      const before = readAccess(dir);
      const state = asked(() => withMerchant(before, merchant, pool));
      await writeAccess(dir, state);
      done(`${merchant} belongs to ${pool}`);
      next([reloadLine(dir), ...poolLines(state)]);
    });
}

function rotateCommand(): Command {
  return subcommand(
    'rotate',
    'make new credentials for somebody. The old ones end when the server reloads; payments in hand go on.',
  )
    .argument('<name>', 'as auth show lists them')
    .action(async (name: string, { dir }: Place) => {
      const state = readAccess(dir);
      asked(() => forgetCredentials(dir, state, name));
      await writeAccess(dir, state);
      done(`${name} has new credentials`);
      next([
        `put in place first:      ${credentialsFile(dir, state, name)}`,
        `then end the old ones:   nats-server --signal reload`,
        'A client that reads its file at each connect comes back by itself; restart one that does not.',
      ]);
    });
}

/** Long enough for what an owner does; then nobody has to take them away. */
const OWNER_HOURS = 1;
const HOUR_MS = 3_600_000;

function issueCommand(): Command {
  return subcommand(
    'issue',
    "make credentials of the bridge's account for who is in no role, with jwt. owner: may do everything there, for an hour; deletes, saves and restores streams. link: for the leaf node connection between two regions (docs/standby.md), and for nothing else; without an end. No server has to be told.",
  )
    .addArgument(new Argument('<who>', 'who they are for').choices(ISSUED))
    .option('--hours <n>', 'how long they are good for (default: owner 1, link for ever)', wholeNumber)
    .action(async (who: Issued, { dir, hours }: Place & { hours?: number }) => {
      const validHours = hours ?? (who === 'owner' ? OWNER_HOURS : undefined);
      const expiresAt = validHours === undefined ? undefined : new Date(Date.now() + validHours * HOUR_MS);
      const { file, account } = await issueCredentials(dir, readAccess(dir), who, { expiresAt });
      done(`${file}, ${expiresAt === undefined ? 'without an end' : `until ${expiresAt.toISOString()}`}`);
      if (who === 'owner')
        return next([
          `for a command:           NATS_BRIDGE__AUTH__CREDS_FILE=${file}, and no JetStream domain`,
        ]);
      next([
        'in the remote of the leaf node connection:',
        `  credentials: ${JSON.stringify(file)}`,
        `  account: ${account}`,
      ]);
    });
}

function showCommand(): Command {
  return subcommand('show', 'show who may do what. Shows no secrets.')
    .argument('[name]', 'somebody; without it everybody, without their subjects')
    .option('--json', 'as JSON')
    .action((name: string | undefined, { dir, json }: Place & { json?: boolean }) => {
      const state = readAccess(dir);
      const principals = principalsOf(state).filter(
        (principal) => name === undefined || principal.name === name,
      );
      if (name !== undefined && principals.length === 0)
        throw new InvalidArgumentError(nobodyCalled(name, state).message);
      const plans = planAccounts(state.layout, state.pools, principalsOf(state));
      const rows = accessRows(plans).filter(({ user }) =>
        principals.some((principal) => principal.name === user),
      );
      if (json) return console.log(asJson({ proof: state.proof, pools: state.pools, principals, rows }));
      if (name !== undefined)
        return console.log(
          table(
            ['way', 'subject'],
            rows.map(({ way, subject }) => [way, subject]),
          ),
        );
      const described = principals.map((principal) => {
        const isWorker = principal.role === 'worker';
        const pool = isWorker ? (principal.pool ?? 'general') : '';
        const merchants = isWorker ? merchantsOf(state, principal) : '';
        const operations = isWorker ? (principal.operations?.join(', ') ?? 'all') : '';
        return [principal.name, principal.role, pool, merchants, operations];
      });
      console.log(table(['name', 'role', 'pool', 'merchants', 'operations'], described));
    });
}

function merchantsOf({ pools }: AccessState, { pool, servesAnyMerchant }: WorkerPrincipal): string {
  if (servesAnyMerchant) return 'any that is routed there';
  return pool === undefined ? '' : (pools[pool] ?? []).join(', ');
}

function layoutOf({ jetstream, subjects }: BridgeConfig): Layout {
  return {
    stream: jetstream.stream_name,
    consumer: jetstream.consumer_name,
    subjects: Object.fromEntries(Object.entries(subjects).filter(([, template]) => template !== undefined)),
  };
}

/** What the bridge's configuration must say, too: it decides whose requests go where. */
function poolLines({ pools }: AccessState): string[] {
  if (Object.keys(pools).length === 0) return [];
  return [
    "in the bridge's configuration, before it is restarted:",
    ...Object.entries(pools).flatMap(([pool, merchants]) => [
      `  [nats_bridge.pools.${pool}]`,
      `  merchants = ${JSON.stringify(merchants)}`,
    ]),
  ];
}

/** Runs what refuses only names that cannot be: then it was asked for wrongly, and the folder is as it should be. */
function asked<T>(change: () => T): T {
  try {
    return change();
  } catch (error) {
    throw error instanceof ValidationError ? new InvalidArgumentError(error.message) : error;
  }
}

function reloadLine(dir: string): string {
  return `let the server know:     nats-server --signal reload (it reads ${join(dir, AUTH_FILE)})`;
}

function done(text: string): void {
  console.log(`${mark.ok()} ${text}`);
}

function next(lines: readonly string[]): void {
  for (const line of lines) console.log(`  ${line}`);
}

function commaSeparated(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
