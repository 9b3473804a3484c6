/** Two NATS servers as two regions: a JetStream domain each, joined by a leaf node connection that `b` makes to `a`. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EmbeddedServer, startEmbeddedServer } from '@nats-bridge/messaging';
import { freePort } from './faults/cluster.js';

export type TwoRegions = {
  readonly a: EmbeddedServer;
  readonly b: EmbeddedServer;
  dispose(): Promise<void>;
};

/** As docs/standby.md has it: what the link may not carry. */
const DENIED = '["hyperswitch.>", "$O.>", "$JS.ACK.>"]';

/** @param isOpen the link carries payments, as nobody should have it */
export async function startTwoRegions({ isOpen = false } = {}): Promise<TwoRegions> {
  const folder = mkdtempSync(join(tmpdir(), 'nats-bridge-regions-'));
  const port = await freePort();
  const start = (name: string, leafnodes: string) => {
    const storeDir = join(folder, name);
    return startEmbeddedServer({
      storeDir,
      jetstream: false, // but in a domain:
      configuration: [
        `server_name: ${name}`,
        `jetstream { store_dir: "${storeDir}", domain: ${name} }`,
        `leafnodes { ${leafnodes} }`,
      ].join('\n'),
    });
  };
  const denied = isOpen ? '' : `, deny_imports: ${DENIED}, deny_exports: ${DENIED}`;
  const a = await start('a', `listen: "127.0.0.1:${port}"`);
  const b = await start('b', `reconnect: 1s, remotes: [{ url: "nats-leaf://127.0.0.1:${port}"${denied} }]`);
  return {
    a,
    b,
    async dispose() {
      await Promise.all([a.stop(), b.stop()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
