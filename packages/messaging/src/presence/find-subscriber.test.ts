/** A trace that a leaf node does not let through, at real servers. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Connection, createConnection } from '../connection/connection.js';
import { freePort } from '../testing/free-port.js';
import { startTestServer, type TestServer } from '../testing/nats-for-tests.js';
import { until } from '../testing/until.js';
import { createFindSubscriber } from './find-subscriber.js';

const ASK_MS = 1_000;

let hub: TestServer;
let leaf: TestServer;
let there: Connection;
let here: Connection;

beforeAll(async () => {
  const port = await freePort();
  const options = { jetstream: false } as const;
  hub = await startTestServer({ ...options, configuration: `leafnodes { listen: "127.0.0.1:${port}" }` });
  const remote = `{ url: "nats-leaf://127.0.0.1:${port}", deny_exports: ["denied.>"] }`;
  leaf = await startTestServer({ ...options, configuration: `leafnodes { remotes: [${remote}] }` });
  there = createConnection({ servers: hub.url });
  here = createConnection({ servers: leaf.url });
  const nats = await there.get();
  nats.subscribe('*.a', { callback: (_, message) => void message.respond() });
  await until('the leaf node has its link', async () =>
    (await here.get()).request('open.a', undefined, { timeout: 100 }).then(
      () => true,
      () => false,
    ),
  );
});
afterAll(async () => {
  await Promise.all([here.close(), there.close()]);
  await Promise.all([hub.dispose(), leaf.dispose()]);
});

it('finds who is behind a leaf node, and waits for no trace of one that may not have the message', async () => {
  const find = createFindSubscriber(here, ASK_MS);
  const nats = await here.get();
  expect(await find(nats, 'open.a')).toBe(true);
  const begun = Date.now();
  expect(await find(nats, 'denied.a')).toBe(false);
  expect(Date.now() - begun).toBeLessThan(ASK_MS);
});
