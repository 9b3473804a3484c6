/** Backup workers: idle beside others, there when the last of those dies, idle again when one is back. */
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BridgeConfigInput } from '@nats-bridge/connector';
import { jetstreamManager } from '@nats-io/jetstream';
import { afterEach, describe, expect, it } from 'vitest';
import { authorizeRequest, startStack } from './stack-under-test.js';
import { until } from './until.js';
import { ROOT, startWorkerProcess } from './worker-process.js';

const PROGRAM = join(ROOT, 'test/dist/charging-worker.js');
const IN_FLIGHT = 10;

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function startScene(jetstream: BridgeConfigInput['jetstream']) {
  const config = { timeouts: { authorize: 15_000 }, jetstream: { ack_wait: 1_000, ...jetstream } };
  const stack = await startStack({ sandbox: false, config });
  closers.push(() => stack.close());
  const file = join(mkdtempSync(join(tmpdir(), 'nats-bridge-charges-')), 'charges');
  const manager = await jetstreamManager(await stack.nats());
  const ordersOpen = async () =>
    (await manager.consumers.info('PAYMENTS', 'hyperswitch-consumer-authorize')).num_waiting;

  async function start(command: readonly [string, ...string[]], env: Readonly<Record<string, string>>) {
    const worker = await startWorkerProcess(command, { NATS_URL: stack.server.url, ...env }, 'started');
    closers.push(() => worker.stop());
    return worker;
  }
  const startIdle = (priority: number) =>
    start([process.execPath, PROGRAM], { EXECUTIONS_FILE: file, PRIORITY: `${priority}` });

  async function untilReading<T>(starting: () => Promise<T>): Promise<T> {
    const before = await ordersOpen();
    const worker = await starting();
    await until('its order to be open', async () => ((await ordersOpen()) > before ? true : undefined));
    return worker;
  }

  /** Attempt and process of each charge. */
  const charges = () =>
    (existsSync(file) ? readFileSync(file, 'utf8') : '')
      .split('\n')
      .filter(Boolean)
      .map((line) => line.split(' '));

  return {
    stack,
    startIdle,
    startWorker: (priority: number) => untilReading(() => startIdle(priority)),
    startGoWorker: () => untilReading(() => start([join(ROOT, '.cache/go/disciplined')], {})),
    charges,
    /** Of the attempts whose ids begin so, by process. */
    chargedBy: (prefix: string) => [
      ...new Set(
        charges()
          .filter(([id]) => id?.startsWith(prefix))
          .map(([, pid]) => Number(pid)),
      ),
    ],
    /** @returns how each ended, in order */
    async pay(prefix: string, count: number, onAnswer: (answered: number) => void = () => {}) {
      const ends: unknown[] = [];
      const waiting = Array.from({ length: count }, (_, index) => index);
      let answered = 0;
      const lane = async () => {
        for (let index = waiting.shift(); index !== undefined; index = waiting.shift()) {
          const id = `${prefix}${index}`;
          const answer = await stack.call('PaymentService/Authorize', authorizeRequest(id), id);
          ends[index] = answer.status;
          onAnswer(++answered);
        }
      };
      await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
      return ends;
    },
  };
}

describe('a backup worker', () => {
  it('takes over from one that is killed, and gives way when it is back: nothing lost, nothing charged twice', async () => {
    const { startWorker, pay, charges, chargedBy } = await startScene({ backup_workers: true });
    const backup = await startWorker(1);
    const primary = await startWorker(0);

    expect(new Set(await pay('before_', 20))).toEqual(new Set(['CHARGED']));
    expect(chargedBy('before_')).toEqual([primary.pid]);

    let killed: Promise<void> | undefined;
    const ends = await pay('during_', 120, (answered) => {
      if (answered === 40) killed = primary.stop();
    });
    await killed;
    expect(ends).toEqual(Array(120).fill('CHARGED'));
    expect(chargedBy('during_').toSorted()).toEqual([primary.pid, backup.pid].toSorted());

    // It is all that is there: the bridge counts it as a worker.
    expect(new Set(await pay('alone_', 20))).toEqual(new Set(['CHARGED']));
    expect(chargedBy('alone_')).toEqual([backup.pid]);

    const back = await startWorker(0);
    expect(new Set(await pay('after_', 20))).toEqual(new Set(['CHARGED']));
    expect(chargedBy('after_')).toEqual([back.pid]);

    const ids = charges().map(([id]) => id);
    expect(ids).toHaveLength(180);
    expect(new Set(ids).size).toBe(180);
  });

  it('stands behind a worker in Go, which names the priority group where there is one', async () => {
    const { startWorker, startGoWorker, pay, charges } = await startScene({ backup_workers: true });
    await startWorker(1);
    const primary = await startGoWorker();
    // Fewer than its places.
    expect(new Set(await pay('both_', 10))).toEqual(new Set(['CHARGED']));
    expect(primary.executions()).toHaveLength(10);
    expect(charges()).toEqual([]);
  });

  it('is not there for a bridge whose consumers have no priorities, and says what to configure', async () => {
    const { stack, startIdle } = await startScene({});
    const backup = await startIdle(1);
    await until('it to say so', () => (backup.printed().includes('backup_workers') ? true : undefined));
    const answer = await stack.call('PaymentService/Authorize', authorizeRequest('a1'), 'a1');
    expect(answer).toMatchObject({
      status: 'FAILURE',
      error: { connector_details: { code: 'NO_WORKERS_AVAILABLE' } },
    });
    expect(backup.executions()).toEqual([]);
  });
});
