/** A second region: mirrors of the streams, the first region killed, and what the second knows once it has taken over. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createDeadLetters,
  type DeadLetters,
  isPrimaryThere,
  keepDeadLetters,
  keepNotary,
  NatsBridge,
  planTakeOver,
  readStandby,
  takeOver,
} from '@nats-bridge/connector';
import { streamState } from '@nats-bridge/messaging';
import type { JsonObject } from '@nats-bridge/protocol';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Finished, runCli } from './cli-process.js';
import { type Execution, startGatedWorker } from './gated-worker.js';
import { neverSent } from './never-sent.js';
import { authorizeRequest, MERCHANT, money, type Stack, startStack } from './stack-under-test.js';
import { startTwoRegions, type TwoRegions } from './two-regions.js';
import { until } from './until.js';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 240_000 });

const CONFIG = { jetstream: { ack_wait: 2_000 }, timeouts: { authorize: 30_000 } } as const;

type Settled = { status: string; connector_transaction_id: string };

const closers: (() => unknown)[] = [];
let folder: string;

beforeAll(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'nats-bridge-standby-')), 'taken');
  closers.push(() => rmSync(join(folder, '..'), { recursive: true, force: true }));
});
afterAll(async () => {
  for (const close of closers.reverse()) await close();
});

const authorize = (stack: Stack, attempt: string) =>
  stack.call('PaymentService/Authorize', authorizeRequest(attempt), attempt) as Promise<JsonObject & Settled>;
const ask = (stack: Stack, attempt: string) =>
  stack.call(
    'PaymentService/Get',
    {
      merchant_transaction_id: attempt,
      connector_transaction_id: `bridge:authorize:${attempt}`,
      amount: money(1_250),
    },
    attempt,
  );
/** Whether b is a standby with the newest message of each stream of a. */
async function hasItAll(atB: NatsBridge, inA: Stack): Promise<boolean> {
  const { mirrors, problems } = await readStandby(atB);
  for (const { stream, lastSeq } of mirrors)
    if ((await streamState(inA.bridge.connection, stream)).lastSeq > lastSeq) return false;
  return mirrors.length === 7 && problems.length === 0;
}
const standby = (url: string, ...args: string[]): Promise<Finished> =>
  runCli(['standby', ...args], { NATS_BRIDGE__BASE_URL: url, NATS_BRIDGE__JETSTREAM__NUM_REPLICAS: '1' });

describe('region a serves, region b stands by, and a is killed', () => {
  const book: Execution[] = [];
  let regions: TwoRegions;
  /** As a command has it: it begins nothing. */
  let atB: NatsBridge;
  let inA: Stack;
  let inB: Stack;
  let letters: DeadLetters;
  let first: Record<string, JsonObject & Settled>;
  let release = () => {};
  /** When region a was. */
  let lost: number;

  beforeAll(async () => {
    regions = await startTwoRegions();
    closers.push(() => regions.dispose());
    atB = new NatsBridge({ base_url: regions.b.url, jetstream: { num_replicas: 1 } });
    closers.push(() => atB.close());
    inA = await startStack({ sandbox: false, runningServer: regions.a, config: CONFIG });
    closers.push(() => inA.close());
  });

  const hasMessages = async (stream: string, messages: number) =>
    (await readStandby(atB)).mirrors.some(
      (mirror) => mirror.stream === stream && mirror.messages === messages,
    );

  it('refuses mirrors at the region itself, of a domain that is none, and of one that does not answer', async () => {
    const itself = await standby(regions.a.url, 'apply', 'a');
    expect([itself.code, itself.stderr]).toEqual([1, expect.stringContaining('the domain a itself')]);
    const nobody = await standby(regions.b.url, 'apply', 'c');
    expect([nobody.code, nobody.stderr]).toEqual([1, expect.stringContaining('no JetStream of a domain c')]);
    expect((await standby(regions.b.url, 'apply', 'a.b')).code).toBe(2);
    const { code, stdout } = await standby(regions.b.url, 'show');
    expect([code, stdout]).toEqual([1, expect.stringMatching(/there is no AUDIT, .*standby apply/)]);
  });

  it('makes a mirror of each stream that a backup holds, and a second time nothing', async () => {
    for (const action of ['created', 'unchanged']) {
      const { code, stdout, stderr } = await standby(regions.b.url, 'apply', 'a', '--json');
      expect(code, stdout + stderr).toBe(0);
      const { changes } = JSON.parse(stdout) as { changes: { stream: string; action: string }[] };
      expect(changes.map(({ stream }) => stream).sort()).toEqual([
        'AUDIT',
        'DEAD_LETTERS',
        'INTERVENTIONS',
        'LATE_ANSWERS',
        'OBJ_hyperswitch-bodies',
        'OPERATIONS',
        'PAYMENTS_ARCHIVE',
      ]);
      expect(new Set(changes.map((change) => change.action))).toEqual(new Set([action]));
    }
  });

  it('copies what is paid in region a, and says that nothing is missing', async () => {
    const keeper = keepDeadLetters(inA.bridge);
    const notary = keepNotary(inA.bridge);
    const lettersOfA = createDeadLetters(inA.bridge);
    await Promise.all(
      ['att_dead', 'att_discarded'].map((attempt) => neverSent(inA, (one) => authorize(inA, one), attempt)),
    );
    const dead = await until('their letters are in b', async () => {
      const isThere = await hasMessages('DEAD_LETTERS', 2);
      return isThere ? lettersOfA.list({ queue: 'dead_letters' }) : undefined;
    });
    // Taken out in a, and the mirror keeps it.
    const discarded = dead.find(({ idempotencyKey }) => idempotencyKey === 'authorize:att_discarded');
    if (discarded === undefined) throw new Error('there is no letter');
    await lettersOfA.discard(discarded, { who: 'jo', why: 'a test' });

    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const worker = await startGatedWorker(regions.a.url, book, gate);
    closers.push(() => worker.stop());
    first = {
      att_answered: await authorize(inA, 'att_answered'),
      att_declined: await authorize(inA, 'att_declined'),
    };
    for (const attempt of ['att_held', 'att_waiting']) {
      void authorize(inA, attempt).catch(() => undefined); // nobody hears it: the region is lost before
      await until(`${attempt} is where it should be`, async () => {
        const entry = await inA.bridge.ledger.findLatest(MERCHANT, `authorize:${attempt}`);
        if (attempt === 'att_held') return entry?.record.state === 'claimed';
        return hasMessages('PAYMENTS_ARCHIVE', 6);
      });
    }
    await notary.catchUp();
    await Promise.all([keeper.close(), notary.close()]);
    lettersOfA.close();
    await until('b has it all', () => hasItAll(atB, inA));
    const { code, stdout } = await standby(regions.b.url, 'show');
    expect([code, stdout]).toEqual([0, expect.stringContaining('a standby of region a')]);
  });

  it('does not let a bridge begin in region b: it would know nothing of its own', async () => {
    const tooEarly = startStack({ sandbox: false, runningServer: regions.b, config: CONFIG });
    await expect(tooEarly).rejects.toThrow(/PAYMENTS_ARCHIVE/);
  });

  it('does not take over while region a answers, unless somebody says that nothing serves there', async () => {
    const { code, stdout } = await standby(
      regions.b.url,
      'take-over',
      folder,
      '--yes',
      '--reason',
      'too early',
    );
    expect([code, stdout]).toEqual([1, expect.stringMatching(/region a answers, .*charge twice/)]);
    const planned = await standby(regions.b.url, 'take-over', folder, '--primary-stopped');
    expect([planned.code, planned.stdout]).toEqual([
      0,
      expect.stringContaining('You say that nothing of it'),
    ]);
    expect(existsSync(folder)).toBe(false);
  });

  it('shows that region a is gone', async () => {
    await regions.a.kill('SIGKILL');
    lost = Date.now();
    release(); // the processor has charged it, and nobody could be told
    await until('it is silent', async () =>
      (await readStandby(atB)).mirrors.every(({ silentMs = 0 }) => silentMs > 6_000),
    );
    const { code, stdout } = await standby(regions.b.url, 'show', '--max-silence', '5');
    expect([code, stdout]).toEqual([
      1,
      expect.stringMatching(/OPERATIONS: the region that serves was last heard/),
    ]);
  });

  it('says first what a take-over means, and changes nothing', async () => {
    const { code, stdout } = await standby(regions.b.url, 'take-over', folder);
    expect(code, stdout).toBe(0);
    expect(stdout).toContain('nothing of the past is executed');
    expect(stdout).toContain('Region a does not answer here, and may serve all the same');
    expect((await standby(regions.b.url, 'take-over', folder, '--yes')).code).toBe(2);
    expect(existsSync(folder)).toBe(false);
    expect((await readStandby(atB)).mirrors).toHaveLength(7);
  });

  it('does not need to remember when region a was heard', async () => {
    await regions.b.restart();
    const { code, stdout } = await standby(regions.b.url, 'show');
    expect([code, stdout]).toEqual([1, expect.stringContaining('was not heard since these servers started')]);
    const plan = await standby(regions.b.url, 'take-over', folder, '--json');
    expect(plan.code, plan.stdout + plan.stderr).toBe(0);
    const planned = JSON.parse(plan.stdout) as { until: string };
    expect(planned).toMatchObject({ is_primary_there: false });
    const { until: time } = planned;
    expect(Date.parse(time)).toBeLessThan(lost);
    expect(Date.parse(time)).toBeGreaterThan(lost - 60_000);
  });

  it('takes over, and a bridge and a worker begin there', async () => {
    const { code, stdout, stderr } = await standby(
      regions.b.url,
      ...['take-over', folder, '--json', '--yes', '--reason', 'region a burns', '--as', 'jo'],
    );
    expect(code, stdout + stderr).toBe(0);
    const { taken } = JSON.parse(stdout) as { taken: unknown };
    expect(taken).toMatchObject({
      problems: [],
      restored: { doubts: { open: 2, interventions: 2 }, notes: [] },
    });
    inB = await startStack({ sandbox: false, runningServer: regions.b, config: CONFIG });
    closers.push(() => inB.close());
    letters = createDeadLetters(inB.bridge);
    closers.push(() => letters.close());
    const worker = await startGatedWorker(regions.b.url, book, Promise.resolve());
    closers.push(() => worker.stop());
    expect(await authorize(inB, 'att_new')).toMatchObject({ status: 'CHARGED' });
    // Nothing of the past ran before it.
    expect(book.map(({ attemptId }) => attemptId)).toEqual([
      'att_answered',
      'att_declined',
      'att_held',
      'att_new',
    ]);
  });

  it('answers repeats of what region a had answered as the first time, and runs none of them', async () => {
    const before = book.length;
    for (const [attempt, answer] of Object.entries(first)) {
      const { status, connector_transaction_id } = await authorize(inB, attempt);
      expect({ status, connector_transaction_id }, attempt).toEqual({
        status: answer.status,
        connector_transaction_id: answer.connector_transaction_id,
      });
    }
    expect(book).toHaveLength(before);
  });

  it('calls what was open "pending", and leaves it to a person', async () => {
    for (const attempt of ['att_held', 'att_waiting'])
      expect(await ask(inB, attempt), attempt).toMatchObject({ status: 'PENDING' });
    const open = await letters.list({ queue: 'interventions' });
    expect(open.map(({ idempotencyKey }) => idempotencyKey).sort()).toEqual([
      'authorize:att_held',
      'authorize:att_waiting',
    ]);
    for (const letter of open) expect(await letters.verdict(letter)).toBe('unknown');
  });

  it('executes a repeat of what was open as another attempt, so that the handler looks first', async () => {
    const before = book.length;
    expect(await authorize(inB, 'att_held')).toMatchObject({ status: 'CHARGED' });
    expect(book.slice(before)).toEqual([{ attemptId: 'att_held', attempt: 2 }]);
  });

  it('has no letter that was taken out in region a, and takes none for safe to send again', async () => {
    const dead = await letters.list({ queue: 'dead_letters' });
    expect(dead.map(({ idempotencyKey }) => idempotencyKey)).toEqual(['authorize:att_dead']);
    for (const letter of dead) expect(await letters.verdict(letter)).toBe('unknown');
  });

  it('is written into the audit, whose chain and records are whole', async () => {
    const env = { NATS_BRIDGE__BASE_URL: regions.b.url };
    const { stdout } = await runCli(['audit', 'list', '--action', 'take_over', '--json'], env);
    expect(JSON.parse(stdout)).toMatchObject([
      {
        who: 'jo',
        reason: 'region a burns',
        target: { primary: 'a', answered: 'no', open: 2, interventions: 2 },
      },
    ]);
    const verified = await runCli(['audit', 'verify'], env);
    expect(verified.code, verified.stdout + verified.stderr).toBe(0);
  });

  it('left a backup of what the mirrors held, and takes over no second time', async () => {
    const listed = await runCli(['backup', 'list', folder, '--json']);
    const [{ path = '' } = {}, ...more] = JSON.parse(listed.stdout) as { path: string }[];
    expect(more).toEqual([]);
    expect((await runCli(['backup', 'verify', path])).code).toBe(0);
    const { code, stdout } = await standby(regions.b.url, 'take-over', folder, '--yes', '--reason', 'again');
    expect([code, stdout]).toEqual([1, expect.stringContaining('copy no other region')]);
  });

  it('keeps its payments from region a, should that be started again', async () => {
    await regions.a.restart();
    await until('the link is up', () => isPrimaryThere(inB.bridge.connection, 'a'));
    const before = await until('the bridge of a has its connection again', () =>
      streamState(inA.bridge.connection, 'PAYMENTS').catch(() => undefined),
    );
    expect(await authorize(inB, 'att_in_b')).toMatchObject({ status: 'CHARGED' });
    expect(book.filter(({ attemptId }) => attemptId === 'att_in_b')).toHaveLength(1);
    expect((await streamState(inA.bridge.connection, 'PAYMENTS')).lastSeq).toBe(before.lastSeq);
  });
});

it('finds a link that carries payments, over which both regions would execute each request', async () => {
  const regions = await startTwoRegions({ isOpen: true });
  const inA = await startStack({ sandbox: false, runningServer: regions.a, config: CONFIG });
  try {
    const { code, stdout } = await standby(regions.b.url, 'apply', 'a');
    expect([code, stdout]).toEqual([1, expect.stringMatching(/bridges are heard here.*deny hyperswitch\.>/)]);
  } finally {
    await inA.close();
    await regions.dispose();
  }
});

it('stops half-way: nothing begins there, and a restore of the backup that it made finishes it', async () => {
  const regions = await startTwoRegions();
  const inA = await startStack({ runningServer: regions.a, config: CONFIG });
  const atB = new NatsBridge({ base_url: regions.b.url, jetstream: { num_replicas: 1 } });
  const backups = join(folder, '..', 'half');
  try {
    const answered = await authorize(inA, 'att_answered');
    expect((await standby(regions.b.url, 'apply', 'a')).code).toBe(0);
    await until('b has it all', () => hasItAll(atB, inA));
    await inA.close();
    await regions.a.kill('SIGKILL');
    const half = takeOver(atB, await planTakeOver(atB), {
      folder: backups,
      tool: 'a test',
      actor: { who: 'jo', why: 'region a burns' },
      onRestored: ({ config }) => {
        if (config.name === 'OPERATIONS') throw new Error('the power went');
      },
    });
    await expect(half).rejects.toThrow(/the power went/);

    const elsewhere = join(backups, 'no such');
    for (const args of [['show'], ['take-over', elsewhere, '--yes', '--reason', 'again']]) {
      const { code, stdout } = await standby(regions.b.url, ...args);
      expect([code, stdout]).toEqual([1, expect.stringMatching(/stopped half-way here.*backup restore/)]);
    }
    const tooEarly = startStack({ sandbox: false, runningServer: regions.b, config: CONFIG });
    await expect(tooEarly).rejects.toThrow(/are being restored/);

    const listed = await runCli(['backup', 'list', backups, '--json']);
    const [{ path = '' } = {}] = JSON.parse(listed.stdout) as { path: string }[];
    const restored = await runCli(
      ['backup', 'restore', path, '--yes', '--reason', 'to finish it', '--nats', regions.b.url],
      { NATS_BRIDGE__JETSTREAM__NUM_REPLICAS: '1' },
    );
    expect(restored.code, restored.stdout + restored.stderr).toBe(0);
    const inB = await startStack({ runningServer: regions.b, config: CONFIG });
    const { status, connector_transaction_id } = answered;
    expect(await authorize(inB, 'att_answered')).toMatchObject({ status, connector_transaction_id });
    expect(await authorize(inB, 'att_new')).toMatchObject({ status: 'CHARGED' });
    await inB.close();
  } finally {
    await atB.close();
    await inA.close();
    await regions.dispose();
  }
});
