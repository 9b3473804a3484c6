/** The audit against a real server: one chain whoever writes, nothing deleted, and every tampering found. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NatsBridge, readAudit, writeAudit } from '@nats-bridge/connector';
import { AUDIT_STREAM, auditSubject } from '@nats-bridge/protocol';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from './cli-process.js';
import { type Stack, startStack } from './stack-under-test.js';

const WRITERS = 4;
const EACH = 15;

let stack: Stack;
let folder: string;
let publicKey: string;
const cli = (...args: string[]) => runCli(['audit', ...args], { NATS_BRIDGE__BASE_URL: stack.server.url });

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nats-bridge-audit-'));
  stack = await startStack({ sandbox: false });
  const seed = join(folder, 'audit.nk');
  publicKey = (await cli('new-key', seed)).stdout.trim();
  const bridges = Array.from(
    { length: WRITERS },
    () => new NatsBridge({ base_url: stack.server.url, audit: { seed_file: seed } }),
  );
  await Promise.all(
    bridges.map(async (bridge, writer) => {
      for (let number = 0; number < EACH; number++)
        await writeAudit(
          bridge.connection,
          { action: 'discard', who: `writer_${writer}`, why: 'a test', what: { seq: number } },
          bridge.auditSigner,
        );
      await bridge.close();
    }),
  );
});
afterAll(() => stack.close());

describe('the audit', () => {
  it('is one chain, though several bridges write at once', async () => {
    const entries = await readAudit(stack.bridge.connection);
    expect(entries.map(({ n }) => n)).toEqual(
      Array.from({ length: WRITERS * EACH }, (_, index) => index + 1),
    );
    const verified = await cli('verify', '--public-key', publicKey, '--json');
    expect(verified.code, verified.stdout + verified.stderr).toBe(0);
    expect(JSON.parse(verified.stdout)).toMatchObject({
      intact: true,
      entries: WRITERS * EACH,
      signed: WRITERS * EACH,
      first: 1,
      problems: [],
    });
  });

  it('cannot be deleted from, nor purged', async () => {
    const manager = await jetstreamManager(await stack.nats());
    await expect(manager.streams.deleteMessage(AUDIT_STREAM, 1)).rejects.toThrow(/not permitted/);
    await expect(manager.streams.purge(AUDIT_STREAM)).rejects.toThrow(/not permitted/);
  });

  it('is listed by person', async () => {
    const { stdout, code } = await cli('list', '--who', 'writer_2');
    expect(code).toBe(0);
    expect(stdout.match(/writer_2/g)).toHaveLength(EACH);
    expect(stdout).not.toContain('writer_1');
  });

  it('says of a kind of action that there is none, and which there are', async () => {
    const { stderr, code } = await cli('list', '--action', 'dicard');
    expect([code, stderr]).toEqual([2, expect.stringContaining('choices are retry, edit, resolve, discard')]);
  });
});

describe('an exported audit', () => {
  let lines: string[];
  let file: string;
  beforeAll(async () => {
    file = join(folder, 'audit.jsonl');
    expect((await cli('export', '--output', file)).code).toBe(0);
    lines = readFileSync(file, 'utf8').trim().split('\n');
  });

  const verifyLines = async (name: string, changed: readonly string[], ...more: string[]) => {
    const path = join(folder, `${name}.jsonl`);
    writeFileSync(path, `${changed.join('\n')}\n`);
    return runCli(['audit', 'verify', '--file', path, '--public-key', publicKey, ...more]);
  };

  it('is whole, without NATS', async () => {
    const { code, stdout } = await verifyLines('whole', lines);
    expect(code, stdout).toBe(0);
    expect(stdout).toMatch(/✓ 60 entries, each follows the one before\nhead \S{43}/);
  });

  it.each<[string, (lines: string[]) => string[], RegExp]>([
    ['removed', (all) => all.toSpliced(9, 1), /✗ entry 11: entries 10 to 10 are missing/],
    [
      'altered',
      (all) => all.with(9, (all[9] ?? '').replace('a test', 'another')),
      /✗ entry 10: it was altered/,
    ],
    [
      'swapped',
      (all) => [...all.slice(0, 9), all[10] ?? '', all[9] ?? '', ...all.slice(11)],
      /✗ entry 11: entries 10 to 10/,
    ],
    ['broken', (all) => all.with(9, '{"n":10,'), /✗ entry 9: an entry after it is not part of the chain/],
  ])('shows an entry that was %s, and says which', async (name, tamper, message) => {
    const { code, stdout } = await verifyLines(name, tamper([...lines]));
    expect(code).toBe(1);
    expect(stdout).toMatch(message);
  });

  it('shows entries of somebody with another key', async () => {
    const other = (await cli('new-key', join(folder, 'other.nk'))).stdout.trim();
    const { code, stdout } = await runCli(['audit', 'verify', '--file', file, '--public-key', other]);
    expect(code).toBe(1);
    // What many have to complain of is said once.
    expect(stdout).toMatch(/^✗ entry 1 and 59 others: it is signed by .*\n✗ 60 entries\n/);
  });

  it('is compared with no key that is none', async () => {
    const { code, stdout, stderr } = await runCli([
      'audit',
      'verify',
      '--file',
      file,
      '--public-key',
      'U123',
    ]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('U123 is no public user key');
  });

  it('is told to a program as JSON', async () => {
    const output = join(folder, 'again.jsonl');
    const records = join(folder, 'records.jsonl');
    const { code, stdout } = await cli('export', '--json', '--output', output, '--records', records);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      entries: 60,
      head: expect.stringMatching(/^\S{43}$/),
      records: expect.arrayContaining([{ stream: 'OPERATIONS', records: 0 }]),
    });
  });

  it('shows a missing end to who kept the head', async () => {
    const { hash } = JSON.parse(lines.at(-1) ?? '{}') as { hash: string };
    expect((await verifyLines('short', lines.slice(0, -1))).code).toBe(0);
    const { code, stdout } = await verifyLines('short', lines.slice(0, -1), '--head', hash);
    expect(code).toBe(1);
    expect(stdout).toContain('the end is missing');
  });

  it('never overwrites', async () => {
    const { code, stderr } = await cli('export', '--output', file);
    expect(code).toBe(1);
    expect(stderr).toContain('is there already');
  });
});

describe('something in the audit that is not JSON', () => {
  it('is a break of the chain, also for a file that was exported; people still act and are listed', async () => {
    await jetstream(await stack.nats()).publish(auditSubject('discard'), '{"n":61,');
    const { connection, auditSigner } = stack.bridge;
    await writeAudit(connection, { action: 'discard', who: 'kim', why: 'after it', what: {} }, auditSigner);

    const { code, stdout, stderr } = await cli('verify');
    expect(code, stderr).toBe(1);
    expect(stdout).toContain('✗ entry 60: an entry after it is not part of the chain\n');
    expect(stdout).toContain('✗ 62 entries');
    expect((await cli('list', '--who', 'kim')).stdout).toContain('after it');

    const file = join(folder, 'not-json.jsonl');
    expect((await cli('export', '--output', file)).code).toBe(0);
    const read = await runCli(['audit', 'verify', '--file', file]);
    expect(read.code).toBe(1);
    expect(read.stdout).toContain('✗ entry 60: an entry after it is not part of the chain\n');
  });
});

it('a seed that is none is refused at the start, with its file', () => {
  const file = join(folder, 'no-seed');
  writeFileSync(file, 'nothing');
  expect(() => new NatsBridge({ audit: { seed_file: file } })).toThrow(
    /nats_bridge\.audit\.seed_file: .*no-seed holds no seed/,
  );
});
