/** Rate limits as docs/rate-limits.md tells of them, seen by who calls as Hyperswitch does. */
import { createHash, randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bridgeConfigSchema, loadConfig } from '@nats-bridge/connector';
import { type JsonObject, OPERATIONS } from '@nats-bridge/protocol';
import { jetstreamManager } from '@nats-io/jetstream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from './cli-process.js';
import { authorizeRequest, type Stack, startStack } from './stack-under-test.js';
import { until } from './until.js';
import { ROOT } from './worker-process.js';

const PAGE = readFileSync(join(ROOT, 'docs/rate-limits.md'), 'utf8');
const [, EXAMPLE = ''] = /```toml\n([\s\S]*?)```/.exec(PAGE) ?? [];
/** So slow that nothing comes back while a test runs. */
const HARDLY_ANY = 0.01;

/** The cells of the first table below a heading, without their backticks. */
function tableBelow(heading: string): string[][] {
  const [, below = ''] = PAGE.split(`## ${heading}\n`);
  const [, ...rows] = (/(^\|.*\n)+/m.exec(below)?.[0] ?? '').trim().split('\n');
  return rows.slice(1).map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('`', '')),
  );
}
const methodOf = (operation: string) =>
  OPERATIONS.find((row) => row.operation === operation)?.methods[0] ?? operation;

let folder: string;
let file: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nats-bridge-rate-limits-'));
  file = join(folder, 'nats-bridge.toml');
  writeFileSync(file, EXAMPLE);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the example of docs/rate-limits.md', () => {
  it('has for each call the rule that the page says', async () => {
    const { nats_bridge } = loadConfig({ nats_bridge: bridgeConfigSchema }, { file });
    const stack = await startStack({ sandbox: false, config: { rate_limits: nats_bridge.rate_limits } });
    try {
      const rows = tableBelow('Which rule counts');
      expect(rows).toHaveLength(6);
      for (const [index, [merchant, operation = '', connector, rule]] of rows.entries()) {
        const passed = () => new Map(stack.bridge.rateLimits().map((use) => [use.rule, use.passed]));
        const before = passed();
        const metadata = { 'x-merchant-id': merchant, 'x-connector': connector };
        await stack.call(methodOf(operation), {}, `att_${index}`, metadata);
        const counted = [...passed()].filter(([name, count]) => count > (before.get(name) ?? 0));
        expect(
          counted.map(([name]) => name),
          `${merchant} ${operation} ${connector}`,
        ).toEqual([rule]);
      }
    } finally {
      await stack.close();
    }
  });

  it('is shown by config check and doctor, in the order in which rules count', async () => {
    const rules = [
      'acme: every operation, merchant merchant_acme: 200/s together, burst 200, wait 500 ms',
      'refunds: refund: 5/s for each merchant, burst 5',
      'small_processor: every operation, connector payconex: 20/s together, burst 20',
      'each_merchant: every operation: 50/s for each merchant, burst 100',
    ];
    const check = await runCli(['config', 'check', '--config', file]);
    expect(check.code).toBe(0);
    expect(check.stdout.trim().split('\n').slice(1)).toEqual(rules.map((rule) => `rate limit ${rule}`));
    const stack = await startStack({ sandbox: false });
    try {
      const doctor = await runCli(['doctor', '--json', '--config', file, '--nats', stack.server.url]);
      const findings = JSON.parse(doctor.stdout) as { what: string; detail: string }[];
      expect(findings.filter(({ what }) => what === 'rate limit').map(({ detail }) => detail)).toEqual(rules);
    } finally {
      await stack.close();
    }
  });
});

describe('a merchant above his limit', () => {
  const token = randomUUID();
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack({
      config: { rate_limits: { each: { requests_per_second: HARDLY_ANY, burst: 1 } } },
      admin: {
        tokens: [{ name: 'jo', role: 'viewer', sha256: createHash('sha256').update(token).digest('hex') }],
      },
      logging: true,
    });
  });
  afterAll(() => stack.close());

  const authorize = (attempt: string, merchant: string): Promise<JsonObject> =>
    stack.call('PaymentService/Authorize', authorizeRequest(attempt), attempt, { 'x-merchant-id': merchant });

  it('is told for each operation what the page says, and nothing is stored', async () => {
    await authorize('att_first', 'merchant_1');
    const manager = await jetstreamManager(await stack.nats());
    const stored = async () => (await manager.streams.info('PAYMENTS')).state.last_seq;
    const before = await stored();
    const rows = tableBelow('Above the limit');
    expect(rows.map(([operation]) => operation)).toEqual([
      'authorize',
      'capture',
      'void',
      'refund',
      'sync',
      'refund_sync',
    ]);
    for (const [operation = '', status] of rows) {
      const answer = await stack.call(methodOf(operation), {}, `att_${operation}`);
      expect(answer.status_code, operation).toBe(429);
      // What is not on the wire is unspecified.
      expect(answer.status ?? status, operation).toBe(status);
      if (operation === 'refund_sync') expect(answer).not.toHaveProperty('error');
      else
        expect(answer, operation).toMatchObject({ error: { connector_details: { code: 'RATE_LIMITED' } } });
    }
    expect(await stored()).toBe(before);
  });

  it('hears the first answer to a repeat, and is nobody else', async () => {
    const first = await authorize('att_2', 'merchant_2');
    expect(first).toMatchObject({ status: 'CHARGED' });
    expect(await authorize('att_2', 'merchant_2')).toEqual(first);
    expect(await authorize('att_3', 'merchant_2')).toMatchObject({ status: 'FAILURE', status_code: 429 });
    expect(await authorize('att_3', 'merchant_3')).toMatchObject({ status: 'CHARGED' });
  });

  it('is seen in the admin API', async () => {
    await authorize('att_4', 'merchant_4');
    await authorize('att_5', 'merchant_4');
    const [use] = stack.bridge.rateLimits();
    const answer = await fetch(`${stack.httpUrl}/admin/v1/breakers`, {
      headers: { Authorization: `Bearer ${token}` },
    });
    expect(await answer.json()).toMatchObject({
      rate_limits: [
        {
          rule: 'each',
          merchant: '*',
          operation: '*',
          connector: '*',
          requests_per_second: HARDLY_ANY,
          burst: 1,
          max_wait_ms: 0,
          per: ['merchant'],
          passed: use?.passed,
          waited: 0,
          turned_away: use?.turnedAway,
          used: expect.closeTo(1, 1),
        },
      ],
    });
    expect(use?.turnedAway).toBeGreaterThan(0);
  });

  it('has a line in the log for each call that was turned away', async () => {
    const attempt = 'att_logged';
    const nats = await stack.nats();
    const lines: string[] = [];
    const listening = nats.subscribe('hyperswitch.logs.>', {
      callback: (_, message) => void lines.push(...message.string().split('\n')),
    });
    await nats.flush();
    await authorize('att_6', 'merchant_5');
    await authorize(attempt, 'merchant_5');
    const line = await until('the line', () => lines.find((text) => text.includes(attempt)));
    expect(JSON.parse(line)).toMatchObject({ attempt_id: attempt, code: 'RATE_LIMITED' });
    listening.unsubscribe();
  });
});
