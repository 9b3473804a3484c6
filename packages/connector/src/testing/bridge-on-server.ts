/** For tests: a bridge with a server of its own, and a request for it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedServer } from '@nats-bridge/messaging';
import type { RouterData } from '@nats-bridge/protocol';
import type { BridgeConfigInput } from '../config/bridge-config.js';
import { NatsBridge } from '../nats-bridge.js';

/** A capture of the attempt `att_1`. */
export const CAPTURE: RouterData = {
  merchant_id: 'm',
  payment_id: 'pay_1',
  attempt_id: 'att_1',
  connector: 'c',
  connector_auth_type: { auth_type: 'NoKey' },
  request: {},
  test_mode: true,
};

/** Its streams are ready. */
export async function startBridge(config: BridgeConfigInput) {
  const storeDir = mkdtempSync(join(tmpdir(), 'nats-bridge-connector-'));
  const server = await startEmbeddedServer({ storeDir, syncInterval: '2m' });
  const bridge = new NatsBridge({ base_url: server.url, ...config });
  await bridge.prepare();
  return {
    bridge,
    server,
    async stop() {
      await bridge.close();
      await server.kill();
      rmSync(storeDir, { recursive: true, force: true });
    },
  };
}
