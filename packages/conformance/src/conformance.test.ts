/** The kit against a worker that is right, and against workers that each make one mistake: it finds that one. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NatsBridge } from '@nats-bridge/connector';
import { startEmbeddedServer } from '@nats-bridge/messaging';
import { describe, expect, it } from 'vitest';
import { LAST_RULE, RULES } from './rules/index.js';
import { type ConformanceOptions, type ConformanceReport, runConformance } from './run-conformance.js';
import { MISTAKES, startHandWrittenWorker } from './testing/hand-written-worker.js';

const ALL_RULES = [...RULES, LAST_RULE];
/** Several servers and workers run at once; a rule that finds silence waits as long. */
const ANSWER_MS = 5_000;
const LIMIT_MS = 180_000;

type Scene = { readonly url: string; readonly bridge: NatsBridge };

/** A server of its own, because workers of one operation share what comes. */
async function onStage<T>(play: (scene: Scene) => Promise<T>): Promise<T> {
  const storeDir = mkdtempSync(join(tmpdir(), 'nats-bridge-conformance-'));
  const server = await startEmbeddedServer({ storeDir, syncInterval: '2m' });
  const bridge = new NatsBridge({ base_url: server.url, jetstream: { num_replicas: 1 } });
  try {
    await bridge.prepare();
    return await play({ url: server.url, bridge });
  } finally {
    await bridge.close();
    await server.kill();
    rmSync(storeDir, { recursive: true, force: true });
  }
}

const ask = (bridge: NatsBridge, options: Partial<ConformanceOptions> = {}) =>
  runConformance({ bridge, operations: ['authorize'], waitMs: ANSWER_MS, parallel: 8, ...options });

const namesOf = ({ findings }: ConformanceReport, result: string) =>
  findings.filter(({ finding }) => finding.result === result).map(({ rule }) => rule.name);

/** As a process, which can be stopped. */
async function startProcess(url: string, mistake: string): Promise<ChildProcess & { readonly pid: number }> {
  const program = fileURLToPath(new URL('../dist/testing/hand-written-worker.js', import.meta.url));
  const child = spawn(process.execPath, [program, url, mistake], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve, reject) => {
    child.stdout?.once('data', resolve);
    child.once('exit', (code) => reject(new Error(`the worker ended with ${code}; was it built?`)));
  });
  return child as ChildProcess & { readonly pid: number };
}

describe.concurrent('a worker written by hand', { timeout: LIMIT_MS }, () => {
  it('keeps every rule', async () => {
    const report = await onStage(async ({ url, bridge }) => {
      const worker = await startProcess(url, 'none');
      return ask(bridge, { pid: worker.pid }).finally(() => worker.kill('SIGKILL'));
    });
    expect(report.findings.filter(({ finding }) => finding.result === 'broken')).toEqual([]);
    expect(namesOf(report, 'kept')).toEqual(ALL_RULES.map(({ name }) => name));
    expect(report).toMatchObject({ ok: true, workers: [{ worker: { kind: 'guarded' } }] });
  });

  it('keeps what is demanded of one without records', async () => {
    const report = await onStage(async ({ url, bridge }) => {
      const worker = await startHandWrittenWorker(url, 'none', false);
      return ask(bridge).finally(worker.stop);
    });
    expect(report).toMatchObject({ ok: true, workers: [{ worker: { kind: 'disciplined' } }] });
    expect(namesOf(report, 'not_demanded')).toEqual(
      RULES.filter(({ of }) => !of.includes('disciplined')).map(({ name }) => name),
    );
  });

  it.each(MISTAKES.filter((mistake) => mistake !== 'drains-on-sigterm'))(
    'that breaks %s breaks that rule alone',
    async (mistake) => {
      const rule = RULES.find(({ name }) => name === mistake);
      // Mistakes that a record would cover are those of a worker without one.
      const keepsRecords = !['answers-where-asked', 'acknowledges-last', 'has-one-effect'].includes(mistake);
      const report = await onStage(async ({ url, bridge }) => {
        const worker = await startHandWrittenWorker(url, mistake, keepsRecords);
        return ask(bridge).finally(worker.stop);
      });
      expect(report.ok).toBe(false);
      const broken = report.findings.filter(({ finding }) => finding.result === 'broken');
      expect(broken.map(({ rule, finding }) => [rule.name, finding])).toEqual([
        [rule?.name, expect.objectContaining({ why: expect.any(String) })],
      ]);
    },
  );

  it('that refuses in words alone breaks refuses-other-content: a processor may say the same', async () => {
    const report = await onStage(async ({ url, bridge }) => {
      const worker = await startHandWrittenWorker(url, 'refuses-in-words');
      return ask(bridge).finally(worker.stop);
    });
    expect(report.findings.filter(({ finding }) => finding.result === 'broken')).toMatchObject([
      { rule: { name: 'refuses-other-content' }, finding: { why: expect.stringContaining('X-Refusal') } },
    ]);
  });

  it('that takes twice under one id breaks has-one-effect, which a sync brings to light', async () => {
    const report = await onStage(async ({ url, bridge }) => {
      const nats = await bridge.connection.get();
      const taken = { status: 'success', amount_captured: 2 * 1_250 };
      nats.subscribe('hyperswitch.workers.alive.sync', { callback: (_, message) => void message.respond() });
      nats.subscribe('hyperswitch.payments.*.sync', {
        callback(_, { headers }) {
          const correlation_id = headers?.get('X-Correlation-Id');
          nats.publish(headers?.get('X-Reply-To') ?? '', JSON.stringify({ ...taken, correlation_id }));
        },
      });
      const worker = await startHandWrittenWorker(url, 'none');
      return ask(bridge).finally(worker.stop);
    });
    expect(report.findings.filter(({ finding }) => finding.result === 'broken')).toMatchObject([
      {
        rule: { name: 'has-one-effect' },
        finding: { why: 'it was answered as 1250 captured, and a sync after the repeat says 2500' },
      },
    ]);
  });

  // By itself: who is busy with the others would tell it to stop when it has nothing in its hand any more.
  it.sequential('that ends with requests in its hand breaks drains-on-sigterm alone', async () => {
    const report = await onStage(async ({ url, bridge }) => {
      const worker = await startProcess(url, 'drains-on-sigterm');
      return ask(bridge, { pid: worker.pid, parallel: 16 }).finally(() => worker.kill('SIGKILL'));
    });
    expect(namesOf(report, 'broken')).toEqual(['drains-on-sigterm']);
  });
});

describe.concurrent('the kit', { timeout: LIMIT_MS }, () => {
  it('says that nobody is there', async () => {
    const report = await onStage(({ bridge }) => ask(bridge, { operations: ['authorize', 'refund'] }));
    expect(report.ok).toBe(false);
    expect(report.findings.map(({ operation, finding }) => [operation, finding])).toEqual([
      ['authorize', { result: 'broken', why: 'nobody is there: no worker of this operation runs' }],
      ['refund', { result: 'broken', why: 'nobody is there: no worker of this operation runs' }],
    ]);
  });

  it('refuses an operation for which it has no request, before it asks anything', async () => {
    await expect(onStage(({ bridge }) => ask(bridge, { operations: ['accept_dispute'] }))).rejects.toThrow(
      /no request is known for accept_dispute: bring one in a file with --requests/,
    );
  });

  it('says that a payment is missing which a request needs, and does not call that kept', async () => {
    const report = await onStage(async ({ bridge }) => {
      const nats = await bridge.connection.get();
      nats.subscribe('hyperswitch.workers.alive.void', { callback: (_, message) => void message.respond() });
      return ask(bridge, { operations: ['void'] });
    });
    expect(report).toMatchObject({
      ok: false,
      findings: [{ operation: 'void' }, ...RULES.slice(1).map(() => ({}))],
    });
    expect(report.findings[0]?.finding).toEqual({
      result: 'not_tried',
      why: expect.stringMatching(
        /^void needs a payment, and no worker answers authorize: start one, or name/,
      ),
    });
  });

  it('sends everything in the name of the merchant that it is told', async () => {
    const subjects = await onStage(async ({ url, bridge }) => {
      const heard = new Set<string>();
      const nats = await bridge.connection.get();
      nats.subscribe('hyperswitch.payments.>', { callback: (_, { subject }) => void heard.add(subject) });
      const worker = await startHandWrittenWorker(url);
      await ask(bridge, { merchantId: 'acme' }).finally(worker.stop);
      return [...heard];
    });
    expect(subjects).toContain('hyperswitch.payments.acme.authorize');
    expect(subjects.filter((subject) => !subject.startsWith('hyperswitch.payments.acme.'))).toEqual([]);
  });

  it('leaves nothing behind in the work stream', async () => {
    const messages = await onStage(async ({ url, bridge }) => {
      const worker = await startHandWrittenWorker(url, 'refuses-malformed');
      await ask(bridge).finally(worker.stop);
      const figures = await bridge.figures();
      return figures?.streams.find(({ name }) => name === 'PAYMENTS')?.messages;
    });
    expect(messages).toBe(0);
  });
});

it('each rule says where it stands and how to mend it', () => {
  for (const { name, paragraph, demands, mend } of ALL_RULES) {
    const [file = '', anchor] = paragraph.split('#');
    const page = readFileSync(fileURLToPath(new URL(`../../../${file}`, import.meta.url)), 'utf8');
    const anchors = [...page.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\w -]/g, '')
        .replaceAll(' ', '-'),
    );
    expect(anchors, `${name}: ${paragraph}`).toContain(anchor);
    expect([demands, mend]).not.toContain('');
  }
  expect(new Set(ALL_RULES.map(({ name }) => name)).size).toBe(ALL_RULES.length);
  expect([...MISTAKES].sort()).toEqual(ALL_RULES.map(({ name }) => name).sort());
});
