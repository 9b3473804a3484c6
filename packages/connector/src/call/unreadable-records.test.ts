/** Records that cannot be read just now. */
import { jetstreamManager } from '@nats-io/jetstream';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { NatsBridge } from '../nats-bridge.js';
import { CAPTURE, startBridge } from '../testing/bridge-on-server.js';

let started: Awaited<ReturnType<typeof startBridge>>;
let bridge: NatsBridge;
beforeEach(async () => {
  started = await startBridge({ request_timeout_ms: 2_000 });
  bridge = started.bridge;
});
afterEach(() => started.stop());

it('a call with an id whose record cannot be read is not sent, and is told so', async () => {
  const nats = await bridge.connection.get();
  nats.subscribe('hyperswitch.workers.guarded.capture', { callback: (_, message) => void message.respond() });
  const manager = await jetstreamManager(nats);
  await manager.streams.update('OPERATIONS', { allow_direct: false });
  const request = { connector_transaction_id: 'bridge:authorize:att_1' };
  expect(await bridge.capture({ ...CAPTURE, request })).toMatchObject({ kind: 'not_sent' });
  expect((await manager.streams.info('PAYMENTS')).state.last_seq).toBe(0);
});
