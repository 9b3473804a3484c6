/** The conformance kit: its command, and every shipped worker before it. `npm run docs` writes the report anew. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConformanceReport, readRequestFile, runConformance } from '@nats-bridge/conformance';
import { NatsBridge } from '@nats-bridge/connector';
import { describe, expect, it } from 'vitest';
import { type BridgeUnderTest, startBridge } from './bridge-under-test.js';
import { runCli } from './cli-process.js';
import { conformancePage, type WorkerReport } from './conformance-page.js';
import { SHIPPED_WORKERS, type ShippedWorker } from './shipped-workers.js';
import { startServer } from './stack-under-test.js';
import { ROOT } from './worker-process.js';

/** For a machine that has much else to do. */
const LIMIT_MS = 300_000;

async function reportOf({ operations, requests, config, start }: ShippedWorker): Promise<ConformanceReport> {
  const { server, dispose } = await startServer();
  const bridge = new NatsBridge({ ...config, base_url: server.url, jetstream: { num_replicas: 1 } });
  try {
    await bridge.prepare();
    const worker = await start(server.url);
    try {
      return await runConformance({
        bridge,
        operations,
        // Other tests run beside it: what is slow is not broken.
        waitMs: 20_000,
        parallel: 16,
        requests: requests && readRequestFile(fileOf(requests)),
        pid: worker.pid,
      });
    } finally {
      await worker.stop();
    }
  } finally {
    await bridge.close();
    await dispose();
  }
}

function fileOf(requests: object): string {
  const file = join(mkdtempSync(join(tmpdir(), 'nats-bridge-requests-')), 'requests.json');
  writeFileSync(file, JSON.stringify(requests));
  return file;
}

describe('every shipped worker', () => {
  const reports: WorkerReport[] = [];

  it.each(SHIPPED_WORKERS)(
    '$name keeps the contract',
    async (shipped) => {
      const report = await reportOf(shipped);
      reports.push({ name: shipped.name, report });
      const broken = report.findings.filter(({ finding }) => finding.result === 'broken');
      expect(broken.map(({ operation, rule, finding }) => ({ operation, rule: rule.name, finding }))).toEqual(
        [],
      );
      expect(report.ok).toBe(true);
    },
    LIMIT_MS,
  );

  it('is in docs/conformance-report.md with what was found', async () => {
    expect(reports).toHaveLength(SHIPPED_WORKERS.length);
    await expect(conformancePage(reports)).toMatchFileSnapshot(join(ROOT, 'docs/conformance-report.md'));
  });
});

describe('nats-bridge conformance', { timeout: LIMIT_MS }, () => {
  it('looks at the sandbox with nothing running before', async () => {
    const { code, stdout, stderr } = await runCli(
      [...'conformance --embedded sandbox --operation authorize,capture --timeout 20000 --json'.split(' ')],
      {},
    );
    expect(code, stderr).toBe(0);
    const summary = JSON.parse(stdout) as { passed: { rule: string }[] };
    expect(summary).toMatchObject({
      ok: true,
      workers: { authorize: 'guarded', capture: 'guarded' },
      failed: [],
      not_tried: [],
    });
    expect(summary.passed).toContainEqual({ rule: 'drains-on-sigterm', operation: 'capture' });
  });

  it('ends with 1 where nobody is there, and says so in JSON and in words', async () => {
    const bridge: BridgeUnderTest = await startBridge();
    try {
      const args = ['conformance', '--operation', 'refund', '--nats', bridge.url];
      const said = await runCli([...args, '--json']);
      expect(said.code).toBe(1);
      expect(JSON.parse(said.stdout)).toMatchObject({
        ok: false,
        workers: { refund: null },
        passed: [],
        failed: [{ rule: 'answers-where-asked', operation: 'refund', why: expect.stringMatching(/^nobody/) }],
      });
      const shown = await runCli(args);
      expect(shown.code).toBe(1);
      expect(shown.stdout).toMatch(/✗ answers-where-asked \(refund\): nobody is there/);
      expect(shown.stdout).toMatch(/To mend it: /);
    } finally {
      await bridge.close();
    }
  });

  it.each([
    [
      'an operation that is none',
      ['--operation', 'pay'],
      2,
      /"pay" is no operation: docs\/contract\.md lists/,
    ],
    [
      'a file that is not there',
      ['--requests', '/no/such.json'],
      1,
      /\/no\/such\.json cannot be used: there is no such file/,
    ],
    ['a file of other things', ['--requests', fileOf({ request: {} })], 1, /cannot be used: .*"request"/],
    [
      'an operation without a request',
      ['--operation', 'accept_dispute'],
      1,
      /no request is known for accept_dispute/,
    ],
  ])('refuses %s', async (_what, args, code, message) => {
    const refused = await runCli(['conformance', '--embedded', 'none', ...args]);
    expect(refused).toMatchObject({ code, stdout: '' });
    expect(refused.stderr).toMatch(message);
  });

  it('lists its rules', async () => {
    const { code, stdout } = await runCli(['conformance', '--rules']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^has-one-effect +all +gives a request that comes again/m);
  });
});
