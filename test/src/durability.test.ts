/** What an acknowledged request survives, as three servers say it while one of them is away. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NatsBridge } from '@nats-bridge/connector';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type NatsUnderFaults, startNats } from './faults/cluster.js';

/** A server is missed after ten seconds. */
const MINUTE = { timeout: 60_000, interval: 200 };

let folder: string;
let nats: NatsUnderFaults;
let bridge: NatsBridge;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nats-bridge-durability-'));
  nats = await startNats(folder, true);
  const monitor_url = nats.servers[0]?.monitorUrl;
  bridge = new NatsBridge({ base_url: nats.url(), durability: 'node', monitor_url });
}, MINUTE.timeout);
afterAll(async () => {
  await bridge.close();
  await nats.stop();
  rmSync(folder, { recursive: true, force: true });
});

it(
  'counts the copies that are current, and two of three are enough for the loss of one server',
  async () => {
    await bridge.prepare();
    const because = async () => (await bridge.durability()).because;
    expect(await bridge.durability()).toMatchObject({ survives: 'node', isKnown: true });
    expect(await because()).toBe('3 replicas on file, each write flushed');

    const leader = await nats.leaderOf('PAYMENTS');
    // Not the one whose monitoring is asked.
    const away = nats.servers.slice(1).find((server) => server !== leader);
    await away?.kill();
    await expect.poll(because, MINUTE).toMatch(/^2 of 3 replicas on file/);
    expect(await bridge.durability()).toMatchObject({ survives: 'node', isKnown: true });

    await away?.restart();
    await expect.poll(because, MINUTE).toMatch(/^3 replicas on file/);
  },
  2 * MINUTE.timeout,
);
