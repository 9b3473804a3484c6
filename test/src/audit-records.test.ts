/** What the audit says of the records of payments, against a real server and whatever an administrator does to it. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { archiveNameOf, keepNotary, NatsBridge, readAudit, readChain } from '@nats-bridge/connector';
import { type JetStreamManager, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { runCli } from './cli-process.js';
import { authorizeRequest, type Stack, startStack } from './stack-under-test.js';
import { backUpStream, putBack, type StreamBackup } from './stream-backup.js';
import { until } from './until.js';

const PAYMENTS = 12;
const RECORDS = 'OPERATIONS';

// Each runs the command several times, beside other tests.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

let stack: Stack;
let folder: string;
let seed: string;
let publicKey: string;
let archive: string;
let manager: JetStreamManager;
let backups: readonly StreamBackup[];
const bridges: NatsBridge[] = [];

const cli = (...args: string[]) => runCli(['audit', ...args], { NATS_BRIDGE__BASE_URL: stack.server.url });
const verify = async (...more: string[]) => {
  const { code, stdout, stderr } = await cli('verify', '--public-key', publicKey, '--json', ...more);
  const { records } = JSON.parse(stdout || '{}') as {
    records: { stream: string; intact: boolean; same: number; problems: { seq: number; why: string }[] }[];
  };
  return { code, stderr, records, problems: records.flatMap(({ problems }) => problems) };
};
const notaryOf = () => {
  const bridge = new NatsBridge({ base_url: stack.server.url, audit: { seed_file: seed } });
  bridges.push(bridge);
  return { bridge, notary: keepNotary(bridge) };
};
const pay = (attempt: string) => stack.call('PaymentService/Authorize', authorizeRequest(attempt), attempt);
const save = (stream: string) => backUpStream(stack.bridge.connection, stream);
const messagesIn = async (stream: string) => (await manager.streams.info(stream)).state.messages;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nats-bridge-records-'));
  seed = join(folder, 'audit.nk');
  stack = await startStack();
  publicKey = (await cli('new-key', seed)).stdout.trim();
  manager = await jetstreamManager(await stack.nats());
  archive = archiveNameOf(stack.bridge.config);
  const notaries = [notaryOf(), notaryOf(), notaryOf()].map(({ notary }) => notary);
  for (let number = 0; number < PAYMENTS; number++) {
    await pay(`att_${number}`);
    await Promise.all(notaries.map((notary) => notary.catchUp()));
  }
  await until('the archive to have all', async () =>
    (await messagesIn(archive)) === PAYMENTS ? true : undefined,
  );
  await Promise.all(notaries.map((notary) => notary.catchUp()));
  await Promise.all(notaries.map((notary) => notary.close()));
  backups = await Promise.all([RECORDS, archive].map((stream) => save(stream)));
}, 120_000);
afterAll(async () => {
  await Promise.all(bridges.map((bridge) => bridge.close()));
  await stack.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('the records of payments', () => {
  it('are each written down once, though three bridges do so, in fewer entries than records', async () => {
    const entries = await readChain(stack.bridge.connection);
    const ranges = entries
      .filter((entry) => entry?.what.stream === RECORDS)
      .map((entry) => [Number(entry?.what.from), Number(entry?.what.to)] as const);
    expect(ranges[0]?.[0]).toBe(1);
    for (const [index, [from]] of ranges.entries())
      if (index > 0) expect(from).toBe((ranges[index - 1]?.[1] ?? 0) + 1);
    const { state } = await manager.streams.info(RECORDS);
    expect(ranges.at(-1)?.[1]).toBe(state.last_seq);
    expect(ranges.length).toBeLessThan(state.last_seq);
  });

  it('are found as they were written down', async () => {
    const { code, records, stderr } = await verify();
    expect(code, stderr).toBe(0);
    expect(records).toMatchObject([
      { stream: RECORDS, intact: true, same: await messagesIn(RECORDS), problems: [] },
      { stream: archive, intact: true, same: PAYMENTS, problems: [] },
      // Nothing was given up.
      ...['DEAD_LETTERS', 'INTERVENTIONS'].map((name) => ({
        stream: name,
        intact: true,
        same: 0,
        problems: [],
      })),
    ]);
    const { stdout } = await cli('verify');
    expect(stdout).toContain(`✓ ${archive}: ${PAYMENTS} records as they were written down`);
  });

  it('are not among what people did', async () => {
    expect(await readAudit(stack.bridge.connection)).toEqual([]);
    expect((await cli('list')).stdout).toContain('Nobody did anything.');
  });

  it('are written down by who runs a bridge, without being asked', async () => {
    const bridge = new NatsBridge({
      base_url: stack.server.url,
      audit: { seed_file: seed, records_every_ms: 100 },
    });
    await bridge.prepare();
    const notary = keepNotary(bridge);
    await pay('att_later');
    const last = (await manager.streams.info(RECORDS)).state.last_seq;
    await until('its records', async () =>
      (await readChain(bridge.connection)).some(
        (entry) => entry?.what.stream === RECORDS && Number(entry.what.to) >= last,
      )
        ? true
        : undefined,
    );
    await notary.catchUp();
    await notary.close();
    await bridge.close();
    expect((await verify()).code).toBe(0);
    backups = await Promise.all([RECORDS, archive].map((stream) => save(stream)));
  });
});

describe('exported records', () => {
  const [chain, records] = ['chain.jsonl', 'records.jsonl'];
  let lines: string[];
  const offline = async (changed: readonly string[]) => {
    const path = join(folder, 'changed.jsonl');
    writeFileSync(path, `${changed.join('\n')}\n`);
    const args = ['--file', join(folder, chain), '--records', path, '--public-key', publicKey];
    return runCli(['audit', 'verify', ...args]);
  };

  it('are compared without NATS, and their owner alone reads them', async () => {
    const file = join(folder, records);
    const exported = await cli('export', '--output', join(folder, chain), '--records', file);
    expect(exported.code, exported.stderr).toBe(0);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    lines = readFileSync(file, 'utf8').trim().split('\n');
    const { code, stdout } = await offline(lines);
    expect(code, stdout).toBe(0);
    expect(stdout).toContain(`✓ ${archive}: ${PAYMENTS + 1} records as they were written down`);
  });

  it.each<[string, (lines: string[]) => string[], RegExp]>([
    ['removed', (all) => all.toSpliced(4, 1), /✗ OPERATIONS 4: it was removed/],
    [
      'altered',
      (all) => all.with(4, (all[4] ?? '').replace('"body":"', '"body":"AAAA')),
      /✗ OPERATIONS 4: it is another than was written down/,
    ],
    [
      'removed, in a file that says it was made in a year',
      (all) => all.toSpliced(4, 1).with(0, (all[0] ?? '').replace(/"read_at":"\d+/, '"read_at":"2999')),
      /✗ OPERATIONS 4: it was removed/,
    ],
    ['no JSON', (all) => all.with(4, '{'), /changed\.jsonl: line 5 is no line of exported records/],
  ])('show one that was %s', async (_what, tamper, message) => {
    const { code, stdout, stderr } = await offline(tamper([...lines]));
    expect(code).toBe(1);
    expect(stdout + stderr).toMatch(message);
  });
});

describe('an administrator of the server is found out', () => {
  // A restored stream is the same, and no reason to be alarmed.
  beforeEach(async () => {
    for (const backup of backups) {
      await manager.streams.delete(backup.about.config.name).catch(() => {}); // it may be gone
      await putBack(stack.bridge.connection, backup);
    }
    expect((await verify()).problems).toEqual([]);
  });

  it('who removes a record', async () => {
    await manager.streams.deleteMessage(RECORDS, 7);
    await manager.streams.deleteMessage(archive, 1);
    const { code, problems } = await verify();
    expect(code).toBe(1);
    expect(problems).toEqual([
      { seq: 7, why: 'it was removed' },
      { seq: 1, why: 'it was removed' },
    ]);
    const { stdout } = await cli('verify');
    expect(stdout).toContain(`✗ ${RECORDS} 7: it was removed`);
    expect((await cli('verify', '--chain-only')).code).toBe(0);
  });

  it('who takes the end away', async () => {
    const { last_seq } = (await manager.streams.info(RECORDS)).state;
    await manager.streams.deleteMessage(RECORDS, last_seq);
    expect((await verify()).problems).toEqual([{ seq: last_seq, why: 'it was removed' }]);
  });

  it('who purges, or has records expire before their time', async () => {
    await manager.streams.purge(RECORDS);
    const { config } = await manager.streams.info(archive);
    await manager.streams.update(archive, { ...config, max_age: 100_000_000, duplicate_window: 100_000_000 });
    await until('them to be gone', async () => ((await messagesIn(archive)) === 0 ? true : undefined));
    await manager.streams.update(archive, config);
    const { code, records } = await verify();
    expect(code).toBe(1);
    expect(records.map(({ stream, same, intact }) => ({ stream, same, intact }))).toEqual([
      { stream: RECORDS, same: 0, intact: false },
      { stream: archive, same: 0, intact: false },
      { stream: 'DEAD_LETTERS', same: 0, intact: true },
      { stream: 'INTERVENTIONS', same: 0, intact: true },
    ]);
  });

  it('who writes the stream anew with one record altered', async () => {
    const nats = await stack.nats();
    const { config, state } = await manager.streams.info(RECORDS);
    const copies = [];
    for (let seq = 1; seq <= state.last_seq; seq++)
      copies.push(await manager.streams.getMessage(RECORDS, { seq }));
    await manager.streams.delete(RECORDS);
    await manager.streams.add(config);
    const stream = jetstream(nats);
    for (const [index, copy] of copies.entries()) {
      if (copy === null) throw new Error('a record is missing');
      copy.header.delete('Nats-Expected-Last-Subject-Sequence');
      await stream.publish(copy.subject, index === 3 ? 'another' : copy.data, { headers: copy.header });
    }
    const { code, problems } = await verify();
    expect(code).toBe(1);
    // The server gives it new times: none is what it was.
    expect(problems.map(({ why }) => why)).toEqual(copies.map(() => 'it is another than was written down'));
  });

  it('who puts an older backup in the place of the stream, also when payments go on', async () => {
    const older = await save(RECORDS);
    await pay('att_forgotten');
    const { bridge, notary } = notaryOf();
    await notary.catchUp();
    const { last_seq } = (await manager.streams.info(RECORDS)).state;
    await manager.streams.delete(RECORDS);
    await putBack(stack.bridge.connection, older);
    expect((await verify()).problems.at(-1)).toEqual({ seq: last_seq, why: 'it was removed' });
    await pay('att_after');
    await notary.catchUp();
    await notary.close();
    expect(bridge.config.audit.records).toBe(true);
    const { code, problems } = await verify();
    expect(code).toBe(1);
    expect(problems.map(({ why }) => why)).toContain('it is another than was written down');
  });
});
