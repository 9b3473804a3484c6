import { expect, it, onTestFinished } from 'vitest';
import { brokerForTest } from '../testing/broker.js';
import { until } from '../testing/until.js';
import { watchServer } from './watch-server.js';

it('tells when a server was started again, and not when a connection came back to the same', async () => {
  const { server, connection } = await brokerForTest();
  const watched = watchServer(connection);
  onTestFinished(() => watched.close());
  const nats = await connection.get();
  expect(watched.since()).toBe(0);
  let changes = 0;
  connection.onState(() => changes++);
  const isBack = () => changes > 1 && connection.state === 'connected';
  await nats.reconnect();
  await until('it is back', isBack);
  expect(watched.since()).toBe(0);

  const before = Date.now();
  changes = 0;
  await server.kill();
  await server.restart();
  await until('it is back', isBack);
  expect(watched.since()).toBeGreaterThanOrEqual(before);
});
