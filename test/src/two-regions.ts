/** NATS servers as two regions: a JetStream domain each, joined by a leaf node connection that `b` makes to `a`. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EmbeddedServer, startEmbeddedServer } from '@nats-bridge/messaging';
import { freePort } from './faults/cluster.js';

export type TwoRegions = {
  /** The first of its servers. */
  readonly a: EmbeddedServer;
  readonly serversOfA: readonly EmbeddedServer[];
  readonly b: EmbeddedServer;
  dispose(): Promise<void>;
};

export type RegionsOptions = {
  /** The link carries payments, as nobody should have it. */
  readonly isOpen?: boolean;
  /** Servers of region a. Default 1. */
  readonly nodes?: number;
  /** Accounts and users, the same in both. */
  readonly auth?: string;
  /** What stands in `leafnodes` of a. */
  readonly listener?: string;
  /** What stands in the remote of b, instead of what denies payments. */
  readonly remote?: string;
  /** Of the remote's address. */
  readonly user?: string;
};

/** As docs/standby.md has it: what the link may not carry. */
const DENIED = '["hyperswitch.>", "$O.>", "$JS.ACK.>", "$JS.EVENT.>", "$SRV.>"]';
export const DENIES = `deny_imports: ${DENIED}, deny_exports: ${DENIED}`;

export async function startTwoRegions(options: RegionsOptions = {}): Promise<TwoRegions> {
  const { isOpen = false, nodes = 1, auth = '', listener = '', user } = options;
  const folder = mkdtempSync(join(tmpdir(), 'nats-bridge-regions-'));
  const start = (name: string, domain: string, ...more: string[]) => {
    const storeDir = join(folder, name);
    return startEmbeddedServer({
      storeDir,
      jetstream: false, // but in a domain:
      configuration: [
        `server_name: ${name}`,
        `jetstream { store_dir: "${storeDir}", domain: ${domain} }`,
        ...more,
        auth,
      ].join('\n'),
    });
  };
  const ports = (count: number) => Promise.all(Array.from({ length: count }, freePort));
  const [links, routes] = [await ports(nodes), await ports(nodes)];
  const cluster = (port: number) =>
    nodes === 1
      ? ''
      : `cluster { name: a, listen: "127.0.0.1:${port}", routes: [${routes.map((one) => `"nats://127.0.0.1:${one}"`).join(', ')}] }`;
  const serversOfA = await Promise.all(
    links.map((port, index) =>
      start(
        nodes === 1 ? 'a' : `a-${index + 1}`,
        'a',
        `leafnodes { listen: "127.0.0.1:${port}", no_advertise: true, ${listener} }`,
        cluster(routes[index] ?? 0),
      ),
    ),
  );
  const who = user === undefined ? '' : `${user}@`;
  const urls = links.map((port) => `"nats-leaf://${who}127.0.0.1:${port}"`).join(', ');
  const { remote = isOpen ? '' : DENIES } = options;
  const b = await start(
    'b',
    'b',
    `leafnodes { reconnect: 1s, remotes: [{ urls: [${urls}]${remote === '' ? '' : `, ${remote}`} }] }`,
  );
  return {
    a: serversOfA[0] as EmbeddedServer,
    serversOfA,
    b,
    async dispose() {
      await Promise.all([...serversOfA, b].map((server) => server.kill()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
