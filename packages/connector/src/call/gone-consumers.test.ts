/** Workers on a consumer of their own that goes with them: what it had been given, nobody can say afterwards. */
import { createConnection } from '@nats-bridge/messaging';
import { AckPolicy, jetstreamManager } from '@nats-io/jetstream';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { NatsBridge } from '../nats-bridge.js';
import { CAPTURE, startBridge } from '../testing/bridge-on-server.js';

const TIMEOUT_MS = 2_500;
/** The server's own default is 5 s. */
const LEFT_ALONE_NS = 500_000_000;

let started: Awaited<ReturnType<typeof startBridge>>;
let bridge: NatsBridge;

beforeEach(async () => {
  started = await startBridge({ request_timeout_ms: TIMEOUT_MS });
  bridge = started.bridge;
});
afterEach(() => started.stop());

/** As the specification's Go worker subscribes: an ephemeral consumer that is pushed to. It dies of its first request. */
async function startMortalWorker(isAlive: boolean): Promise<void> {
  const connection = createConnection({ servers: started.server.url });
  const nats = await connection.get();
  const manager = await jetstreamManager(nats);
  const callback = () => void connection.close();
  nats.subscribe('mortal', { callback });
  if (isAlive)
    nats.subscribe('hyperswitch.workers.alive.capture', {
      callback: (_, message) => void message.respond(),
    });
  await manager.consumers.add('PAYMENTS', {
    deliver_subject: 'mortal',
    ack_policy: AckPolicy.Explicit,
    filter_subject: 'hyperswitch.payments.*.capture',
    inactive_threshold: LEFT_ALONE_NS,
  });
  await nats.flush();
}

it.each([
  ['answers on alive', true],
  ['says nothing', false],
])('is pending when the worker %s, took it and died, and its consumer is gone', async (_, isAlive) => {
  await startMortalWorker(isAlive);
  const outcome = await bridge.capture(CAPTURE);
  const manager = await jetstreamManager(await bridge.connection.get());
  for await (const { config } of manager.consumers.list('PAYMENTS'))
    expect(config.deliver_subject).toBeUndefined();
  expect(outcome).toMatchObject({ kind: 'unknown', status: 'PENDING' });
  expect((await bridge.ledger.findLatest('m', 'capture:att_1'))?.record.state).toBe('sent');
});
