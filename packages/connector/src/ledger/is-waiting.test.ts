import { buildRequestHeaders } from '@nats-bridge/protocol';
import { jetstream } from '@nats-io/jetstream';
import { headers as natsHeaders } from '@nats-io/nats-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startBridge } from '../testing/bridge-on-server.js';
import { createIsWaiting } from './is-waiting.js';

type Bridge = Awaited<ReturnType<typeof startBridge>>['bridge'];

let scene: Awaited<ReturnType<typeof startBridge>>;
beforeAll(async () => {
  scene = await startBridge({
    pools: { eu: { merchants: [] }, acme: { merchants: ['m_acme'] } },
    routes: [{ metadata: { region: 'eu' }, pools: ['eu'] }],
  });
});
afterAll(() => scene.stop());

it.each([
  ['of no pool', 'm', 'general', ''],
  ['of a pool that it may be routed to', 'm', 'routed', '.eu'],
  ['of the pool that its merchant has for itself', 'm_acme', 'own', '.acme'],
  ['of a pool that only another bridge knows', 'm', 'elsewhere', '.us'],
])('finds a request that waits for workers %s', async (_where, merchantId, attempt, pool) => {
  const { bridge } = scene;
  const isWaiting = createIsWaiting(bridge.connection, bridge.config);
  const key = `capture:${attempt}`;
  expect(await isWaiting(merchantId, key)).toBe(false);
  await send(bridge, merchantId, key, { pool });
  expect(await isWaiting(merchantId, key)).toBe(true);
  expect(await isWaiting(merchantId, 'capture:other')).toBe(false);
});

it('does not count what nobody begins any more, and counts what another bridge waits for longer', async () => {
  const { bridge } = scene;
  const later = () => Date.now() + 300_000;
  await send(bridge, 'm_later', 'capture:over', { deadlineAt: Date.now() + 1_000 });
  await send(bridge, 'm_later', 'capture:long', { deadlineAt: Date.now() + 600_000 });
  const isWaiting = createIsWaiting(bridge.connection, bridge.config, later);
  expect(await isWaiting('m_later', 'capture:over')).toBe(false);
  expect(await isWaiting('m_later', 'capture:long')).toBe(true);
});

async function send(
  bridge: Bridge,
  merchantId: string,
  key: string,
  { pool = '', deadlineAt = Date.now() + 10_000 },
): Promise<void> {
  const headers = natsHeaders();
  const values = buildRequestHeaders({
    merchantId,
    paymentId: 'p',
    idempotencyKey: key,
    testMode: true,
    correlationId: 'c',
    operation: 'capture',
    deadlineAt,
    contentType: 'application/json',
  });
  for (const [name, value] of Object.entries(values)) headers.set(name, value);
  const subject = `hyperswitch.payments.${merchantId}.capture${pool}`;
  await jetstream(await bridge.connection.get()).publish(subject, '{}', { headers });
}
