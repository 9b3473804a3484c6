/** Payments under generated credentials: bridge and workers reach what they need, of each kind of proof. */

import { PROOFS } from '@nats-bridge/access';
import {
  compareRecords,
  keepNotary,
  NatsBridge,
  readAudit,
  readChain,
  readLog,
  readRecords,
  writeAudit,
} from '@nats-bridge/connector';
import { createLogging } from '@nats-bridge/logging';
import type { LogEntry, Operation } from '@nats-bridge/protocol';
import { createWorker, type Handler, type Worker, type WorkerEvent } from '@nats-bridge/worker';
import { afterEach, describe, expect, it } from 'vitest';
import { routerData } from './access-data.js';
import { type AccessUnderTest, startAccess } from './access-under-test.js';
import { until } from './until.js';

describe.each(PROOFS)('with %s', (proof) => {
  let access: AccessUnderTest;
  const closing: (() => Promise<void>)[] = [];

  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  async function start(pools: Record<string, string[]> = {}) {
    access = await startAccess(
      proof,
      [{ name: 'general' }, { name: 'acme', pool: 'acme', merchants: ['merchant_a'] }],
      pools,
    );
    closing.push(() => access.close());
    const bridge = new NatsBridge(
      {
        request_timeout_ms: 8_000,
        jetstream: { num_replicas: 1 },
        pools: { acme: { merchants: ['merchant_a'] } },
      },
      { connection: access.connect('bridge') },
    );
    closing.push(() => bridge.close());
    await bridge.prepare();
    return bridge;
  }

  async function startWorker(name: string, pool?: string) {
    const took: string[] = [];
    const events: WorkerEvent[] = [];
    const handler: Handler = async ({ merchant_id, operation }) => {
      took.push(`${operation} of ${merchant_id}`);
      return { status: 'success', transaction_id: `${name}_${took.length}` };
    };
    const operations: Operation[] = ['authorize', 'sync', 'session', 'handle_webhook'];
    const handlers = Object.fromEntries(operations.map((operation) => [operation, handler]));
    const worker: Worker = createWorker({
      name,
      connection: access.connect(name),
      handlers,
      pool,
      logging: {},
      onEvent: (event) => events.push(event),
    });
    closing.push(() => worker.stop());
    await worker.start();
    return { took, events, worker };
  }

  it('operator and auditor read the whole audit, and the operator writes to it', async () => {
    const bridge = await start();
    const operator = access.connect('operator');
    const auditor = access.connect('auditor');
    closing.push(
      () => operator.close(),
      () => auditor.close(),
    );
    for (const connection of [bridge.connection, operator, operator])
      await writeAudit(connection, { action: 'discard', who: 'jo', why: 'a test', what: {} });
    for (const connection of [operator, auditor])
      expect((await readAudit(connection)).map(({ n }) => n)).toEqual([1, 2, 3]);
    await expect(
      writeAudit(auditor, { action: 'discard', who: 'jo', why: 'a test', what: {} }),
    ).rejects.toThrow();
  });

  it('an auditor compares the ledger with the audit, and is told that requests are not his to read', async () => {
    const bridge = await start();
    await startWorker('general');
    await bridge.authorize(routerData('merchant_b', 'att_audited'));
    const notary = keepNotary(bridge);
    await notary.catchUp();
    await notary.close();
    const connection = access.connect('auditor');
    closing.push(() => connection.close());
    const readings = await readRecords({ config: bridge.config, connection });
    const [ledger, archive] = compareRecords(bridge.config, await readChain(connection), readings);
    expect(ledger).toMatchObject({ stream: 'OPERATIONS', ok: true, same: expect.any(Number), problems: [] });
    expect(ledger).not.toMatchObject({ same: 0 });
    expect(archive).toEqual({ stream: 'PAYMENTS_ARCHIVE', unread: 'these credentials may not read it' });
  });

  it('every merchant reaches its own workers, for payments, questions and webhooks', async () => {
    const bridge = await start();
    const general = await startWorker('general');
    const acme = await startWorker('acme', 'acme');
    for (const [merchant, by] of [
      ['merchant_a', 'acme'],
      ['merchant_b', 'general'],
    ] as const) {
      const call = (operation: Operation) => bridge.execute(operation, routerData(merchant, 'att_1'));
      for (const operation of ['authorize', 'sync', 'session', 'handle_webhook'] as const)
        expect(await call(operation), `${operation} of ${merchant}`).toMatchObject({
          kind: 'answered',
          transactionId: expect.stringContaining(by),
        });
      expect(await bridge.ledger.find(merchant, 'authorize:att_1')).toMatchObject({
        record: { state: 'answered' },
      });
    }
    expect(general.took.every((took) => took.endsWith('merchant_b'))).toBe(true);
    expect(acme.took.every((took) => took.endsWith('merchant_a'))).toBe(true);
    expect(general.events.concat(acme.events).filter(({ type }) => type === 'consumer_unavailable')).toEqual(
      [],
    );
    expect(access.log()).not.toContain('Violation');
  });

  it('operator and auditor read what the workers log, each of them of its own merchants alone', async () => {
    const bridge = await start();
    await startWorker('general');
    await startWorker('acme', 'acme');
    for (const merchant of ['merchant_a', 'merchant_b'])
      await bridge.execute('authorize', routerData(merchant, 'att_3'));
    const forger = createLogging({ name: 'forger' });
    const acme = access.connect('acme');
    await acme.get();
    forger.connect(acme);
    const said = { level: 'error', module: 'worker', message: 'forged' } as const;
    forger.log({ ...said, merchant_id: 'merchant_b' });
    forger.log({ ...said, module: 'calls', merchant_id: 'merchant_a' });
    await until('both are refused', () => (forger.stats().dropped === 2 ? true : undefined));
    forger.log({ ...said, merchant_id: 'merchant_b' });
    expect(forger.stats().dropped).toBe(3);
    for (const role of ['operator', 'auditor']) {
      const connection = access.connect(role);
      closing.push(() => connection.close());
      const read = async () => {
        const lines: LogEntry[] = [];
        for await (const line of readLog(connection, { attemptId: 'att_3' })) lines.push(line);
        return lines.length < 2 ? undefined : lines;
      };
      const lines = await until('their lines', read);
      expect(lines.map(({ instance, merchant_id }) => [instance.split('@')[0], merchant_id])).toEqual(
        expect.arrayContaining([
          ['acme', 'merchant_a'],
          ['general', 'merchant_b'],
        ]),
      );
      for await (const line of readLog(connection)) expect(line.message).not.toBe('forged');
    }
    await forger.close();
    await acme.close();
  });

  it('the bridge can see how often the server flushes', async () => {
    await start();
    const connection = access.connect('bridge');
    const bridge = new NatsBridge({ monitor_url: access.monitorUrl }, { connection });
    closing.push(() => bridge.close());
    // Not each write, in these tests.
    expect(await bridge.durability()).toMatchObject({
      because: expect.stringContaining('flushed every so often'),
    });
  });

  it('the bridge may ask whether anybody is there at all', async () => {
    const bridge = await start();
    // A server that does not answer in time is none that says nobody is there.
    await until('nobody is there', async () => (await bridge.isAnybodyThere()) === false);
    await startWorker('acme', 'acme');
    expect(await bridge.isAnybodyThere()).toBe(true);
    expect(access.log()).not.toMatch(/Violation - Subject "hyperswitch/);
  });

  it('a pool without workers is not answered for by the general one', async () => {
    const bridge = await start();
    await startWorker('general');
    const startedAt = performance.now();
    const outcome = await bridge.authorize(routerData('merchant_a', 'att_2'));
    expect(outcome).toMatchObject({ kind: 'not_sent', error: { code: 'NO_WORKERS_AVAILABLE' } });
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });
});
