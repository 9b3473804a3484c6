/** A bridge goes on while its streams are saved: whatever happens between two of them, nobody is forgotten after a restore. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lastMessage, startEmbeddedServer, streamState } from '@nats-bridge/messaging';
import { LATE_STREAM, LOOKED_SUBJECT, RECORD_STREAM, recordSubject } from '@nats-bridge/protocol';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { createDeadLetters } from '../dead-letters/dead-letters.js';
import { keepDeadLetters } from '../dead-letters/keeper.js';
import { NatsBridge } from '../nats-bridge.js';
import { startBridge } from '../testing/bridge-on-server.js';
import { createBackup } from './create-backup.js';
import { type BackupManifest, MANIFEST_FILE } from './manifest.js';
import { restoreBackup } from './restore-backup.js';
import { planRestore } from './restore-plan.js';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const CONFIG = { request_timeout_ms: 300, jetstream: { num_replicas: 1, ack_wait: 1_000 } };
const ORDER = [
  'AUDIT',
  'DEAD_LETTERS',
  'LATE_ANSWERS',
  'INTERVENTIONS',
  'PAYMENTS_ARCHIVE',
  'OPERATIONS',
  'OBJ_hyperswitch-bodies',
];

const closers: (() => unknown)[] = [];
let folder: string;
/** Before a bridge gave up an operation that has an answer which nobody can read, and after it. */
let before: string;
let after: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nats-bridge-backups-'));
  closers.push(() => rmSync(folder, { recursive: true, force: true }));
  const { bridge, stop } = await startBridge(CONFIG);
  const subject = recordSubject('m', 'authorize:att_1');
  await jetstream(await bridge.connection.get()).publish(subject, 'no answer');
  before = (await createBackup(bridge, { folder, tool: 'test' })).path;
  await lookThrough(bridge);
  after = (await createBackup(bridge, { folder, tool: 'test' })).path;
  await stop();
});
afterAll(async () => {
  for (const close of closers.reverse()) await close();
});

/** Until a bridge has looked at every record there is. @returns how many letters there are then */
async function lookThrough(bridge: NatsBridge): Promise<number> {
  const letters = createDeadLetters(bridge);
  const keeper = keepDeadLetters(bridge, { lookEveryMs: 50 });
  try {
    const { lastSeq } = await streamState(bridge.connection, RECORD_STREAM);
    await vi.waitFor(
      async () => {
        const place = await lastMessage(bridge.connection, LATE_STREAM, LOOKED_SUBJECT);
        const { up_to } = JSON.parse(Buffer.from(place?.body ?? []).toString() || '{}') as { up_to?: number };
        expect(up_to).toBe(lastSeq);
      },
      { timeout: 20_000 },
    );
    return (await letters.list({ queue: 'interventions' })).length;
  } finally {
    await keeper.close();
    letters.close();
  }
}

/** A backup whose streams behind this one were saved after it was given up. */
function savedAround(stream: string): string {
  const path = join(folder, `around ${stream}`);
  cpSync(after, path, { recursive: true });
  const [earlier, later] = [before, after].map(
    (one) => JSON.parse(readFileSync(join(one, MANIFEST_FILE), 'utf8')) as BackupManifest,
  );
  if (earlier === undefined || later === undefined) throw new Error('no manifests');
  const cut = ORDER.indexOf(stream) + 1;
  for (const { config } of earlier.streams.slice(0, cut))
    cpSync(join(before, config.name), join(path, config.name), { recursive: true });
  const streams = [...earlier.streams.slice(0, cut), ...later.streams.slice(cut)];
  writeFileSync(join(path, MANIFEST_FILE), JSON.stringify({ ...later, streams }));
  return path;
}

it('saves the streams in this order', () => {
  const { streams } = JSON.parse(readFileSync(join(before, MANIFEST_FILE), 'utf8')) as BackupManifest;
  expect(streams.map(({ config }) => config.name)).toEqual(ORDER);
});

it('says so when the archive has not copied every request yet', async () => {
  const { bridge, stop } = await startBridge(CONFIG);
  closers.push(stop);
  expect((await createBackup(bridge, { folder, tool: 'test' })).notes).toEqual([]);
  const nats = await bridge.connection.get();
  await (await jetstreamManager(nats)).streams.update('PAYMENTS_ARCHIVE', { sources: [] });
  await jetstream(nats).publish('hyperswitch.payments.m.authorize', '{}');
  const { notes } = await createBackup(bridge, { folder, tool: 'test' });
  expect(notes).toEqual([expect.stringMatching(/^PAYMENTS_ARCHIVE is behind PAYMENTS/)]);
});

it.each(ORDER.slice(0, -1))(
  'leaves an operation to a person that was given up when %s had been saved and the next had not',
  async (stream) => {
    const storeDir = mkdtempSync(join(tmpdir(), 'nats-bridge-connector-'));
    const server = await startEmbeddedServer({ storeDir, syncInterval: '2m' });
    const bridge = new NatsBridge({ ...CONFIG, base_url: server.url });
    closers.push(
      () => rmSync(storeDir, { recursive: true, force: true }),
      () => server.kill(),
      () => bridge.close(),
    );
    const plan = await planRestore(bridge, savedAround(stream));
    await restoreBackup(bridge, plan, { actor: { who: 'jo', why: 'lost' } });
    await bridge.prepare();
    expect(await lookThrough(bridge)).toBe(1);
  },
);
