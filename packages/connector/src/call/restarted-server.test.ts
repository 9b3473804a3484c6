/** A server that dies forgets what it has delivered in the moment before: its consumers are no witness afterwards. */
import { createConnection } from '@nats-bridge/messaging';
import { jetstream } from '@nats-io/jetstream';
import { expect, it, onTestFinished } from 'vitest';
import { CAPTURE, startBridge } from '../testing/bridge-on-server.js';

it('is pending what workers without records were given by a server that died right after', async () => {
  const { bridge, server, stop } = await startBridge({ request_timeout_ms: 4_000 });
  onTestFinished(stop);
  const nats = await bridge.connection.get();
  nats.subscribe('hyperswitch.workers.alive.capture', { callback: (_, message) => void message.respond() });
  const worker = createConnection({ servers: server.url });
  onTestFinished(() => worker.close());
  const consumer = await jetstream(await worker.get()).consumers.get(
    'PAYMENTS',
    'hyperswitch-consumer-capture',
  );
  const outcomes = [];
  // The server writes down at once how far the first has come, and gathers the others.
  for (const attempt_id of ['att_1', 'att_2', 'att_3', 'att_4']) {
    const taken = consumer.next();
    outcomes.push(bridge.capture({ ...CAPTURE, attempt_id }));
    expect(await taken).not.toBeNull();
  }
  await server.kill();
  await server.restart();
  for (const outcome of await Promise.all(outcomes)) expect(outcome).toMatchObject({ kind: 'unknown' });
});
