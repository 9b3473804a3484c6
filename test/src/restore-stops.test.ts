/** A restore that stops half-way: no bridge begins on what is there by then, and it is run again to its end. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createBackup,
  createDeadLetters,
  NatsBridge,
  planRestore,
  RestoreUnfinishedError,
  restoreBackup,
} from '@nats-bridge/connector';
import type { EmbeddedServer } from '@nats-bridge/messaging';
import { HEADER, RESTORE_STREAM, type RouterData } from '@nats-bridge/protocol';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { headers as natsHeaders } from '@nats-io/nats-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { archiveCaughtUp } from './archive-caught-up.js';
import { runCli } from './cli-process.js';
import { startServer } from './stack-under-test.js';
import { ROOT, startWorkerProcess } from './worker-process.js';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

/** So many that marking them takes a while. */
const OPEN = 600;
const ACTOR = { who: 'jo', why: 'the disk is gone' };
const closers: (() => unknown)[] = [];
let path: string;

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'nats-bridge-backups-'));
  closers.push(() => rmSync(folder, { recursive: true, force: true }));
  const { server, dispose } = await startServer();
  const bridge = bridgeAt(server);
  await bridge.prepare();
  const js = jetstream(await bridge.connection.get());
  // Nobody has begun them when the backup is made: nothing but the archive knows of them.
  for (let index = 0; index < OPEN; index++) {
    const headers = natsHeaders();
    headers.set(HEADER.merchantId, 'm');
    headers.set(HEADER.operation, 'authorize');
    headers.set(HEADER.idempotencyKey, `authorize:att_${index}`);
    await js.publish('hyperswitch.payments.m.authorize', '{}', { headers });
  }
  await archiveCaughtUp({ bridge });
  ({ path } = await createBackup(bridge, { folder, tool: 'test' }));
  await bridge.close();
  await dispose();
});
afterAll(async () => {
  for (const close of closers.reverse()) await close();
});

function bridgeAt({ url }: EmbeddedServer): NatsBridge {
  const bridge = new NatsBridge({
    base_url: url,
    request_timeout_ms: 5_000,
    jetstream: { num_replicas: 1 },
  });
  closers.push(() => bridge.close());
  return bridge;
}

/** A repeat of what was open. */
const REPEAT: RouterData = {
  merchant_id: 'm',
  payment_id: 'pay_1',
  attempt_id: 'att_0',
  connector: 'c',
  connector_auth_type: { auth_type: 'NoKey' },
  request: {},
  test_mode: true,
};

async function expectHeld(server: EmbeddedServer): Promise<void> {
  const bridge = bridgeAt(server);
  const nats = await bridge.connection.get();
  const heard = vi.fn();
  nats.subscribe('hyperswitch.payments.>', { callback: heard });
  await expect(bridge.prepare()).rejects.toThrow(RestoreUnfinishedError);
  expect(await bridge.execute('authorize', REPEAT)).toMatchObject({ kind: 'unknown' });
  expect((await bridge.health()).detail).toMatch(/run it again/);
  expect(heard).not.toHaveBeenCalled();
  expect((await bridge.ledger.find('m', 'authorize:att_0').catch(() => undefined))?.record.state).not.toBe(
    'withdrawn',
  );
  const publish = jetstream(nats).publish('hyperswitch.payments.m.authorize', '{}');
  await expect(publish).rejects.toThrow(/maximum bytes/);
  await bridge.close();
}

async function expectWhole(server: EmbeddedServer): Promise<void> {
  const bridge = bridgeAt(server);
  await bridge.prepare();
  const manager = await jetstreamManager(await bridge.connection.get());
  const { config, state } = await manager.streams.info('PAYMENTS');
  expect(config.subjects).toContain('hyperswitch.payments.>');
  expect(state.first_seq).toBeGreaterThan(1_000_000_000);
  await expect(manager.streams.info(RESTORE_STREAM)).rejects.toThrow(/not found/);
  const letters = createDeadLetters(bridge);
  expect(await letters.list({ queue: 'interventions' })).toHaveLength(OPEN);
  letters.close();
  expect((await bridge.ledger.findLatest('m', 'authorize:att_0'))?.record.state).toBe('claimed');
  await bridge.close();
}

async function freshServer(): Promise<EmbeddedServer> {
  const { server, dispose } = await startServer();
  closers.push(dispose);
  return server;
}

describe('a restore that stops', () => {
  it.each(['AUDIT', 'LATE_ANSWERS', 'PAYMENTS_ARCHIVE', 'OPERATIONS', 'OBJ_hyperswitch-bodies'])(
    'behind %s keeps every bridge from beginning, and is finished when it is run again',
    async (last) => {
      const server = await freshServer();
      const bridge = bridgeAt(server);
      const stopping = restoreBackup(bridge, await planRestore(bridge, path), {
        actor: ACTOR,
        onRestored: ({ config }) => {
          if (config.name === last) throw new Error('the power is gone');
        },
      });
      await expect(stopping).rejects.toThrow(/the power is gone\. Restored so far: .*run it again/);
      await expectHeld(server);

      const plan = await planRestore(bridge, path);
      expect(plan).toMatchObject({ problems: [], isUnfinished: true });
      const { doubts } = await restoreBackup(bridge, plan, { actor: ACTOR });
      expect(doubts).toEqual({ open: OPEN, interventions: OPEN });
      await bridge.close();
      await expectWhole(server);
    },
  );

  it('because it is killed while it marks what was open does so, too', async () => {
    const server = await freshServer();
    const args = ['backup', 'restore', path, '--yes', '--reason', 'the disk is gone'];
    const env = { NATS_BRIDGE__BASE_URL: server.url };
    const command = [process.execPath, join(ROOT, 'packages/cli/dist/main.js'), ...args] as const;
    const running = await startWorkerProcess(command, env, 'restored OBJ_');
    await running.stop();
    await expectHeld(server);
    const again = await runCli(args, env);
    expect(again.code, again.stdout + again.stderr).toBe(0);
    await expectWhole(server);
  });

  it('just before requests have their subjects again leaves that to the first bridge', async () => {
    const server = await freshServer();
    const bridge = bridgeAt(server);
    await restoreBackup(bridge, await planRestore(bridge, path), { actor: ACTOR });
    const manager = await jetstreamManager(await bridge.connection.get());
    await manager.streams.update('PAYMENTS', { subjects: ['PAYMENTS'] });
    await bridge.close();
    await expectWhole(server);
  });
});
