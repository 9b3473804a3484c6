import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { type Stack, startStack } from './stack-under-test.js';

const CLI = fileURLToPath(new URL('../../packages/cli/dist/main.js', import.meta.url));
const PAYMENTS = 300;
const IN_FLIGHT = 20;

let stack: Stack;
const workers: ChildProcess[] = [];

afterEach(async () => {
  for (const worker of workers.splice(0)) worker.kill('SIGKILL');
  await stack.close();
});

/** A sandbox worker as a process of its own, once it takes requests. */
async function startWorker(): Promise<ChildProcess> {
  const env = { ...process.env, NATS_BRIDGE__BASE_URL: stack.server.url };
  const worker = spawn(process.execPath, [CLI, 'worker', 'sandbox', '--json'], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  workers.push(worker);
  for await (const line of createInterface({ input: worker.stdout as NodeJS.ReadableStream }))
    if (line.includes('"started"')) break;
  worker.stdout?.resume();
  return worker;
}

function authorize(attempt: string) {
  return stack.call(
    'PaymentService/Authorize',
    {
      merchant_transaction_id: attempt,
      amount: { minor_amount: 1_000, currency: 'EUR' },
      capture_method: 'AUTOMATIC',
      payment_method: { card: { card_number: '4242424242424242' } },
    },
    attempt,
  );
}

describe('a worker that is told to stop', () => {
  it('loses no payment: what it began it finishes, what it did not another worker takes', async () => {
    stack = await startStack({ sandbox: false });
    const first = await startWorker();
    await startWorker();
    let sent = 0;
    let isStopped: Promise<unknown> | undefined;
    const statuses: unknown[] = [];
    const caller = async () => {
      while (sent < PAYMENTS) {
        const attempt = `att_${sent++}`;
        if (sent === PAYMENTS / 3) {
          isStopped = once(first, 'exit');
          first.kill('SIGTERM');
        }
        statuses.push((await authorize(attempt)).status);
      }
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, caller));
    expect(await isStopped).toEqual([0, null]);
    expect(new Set(statuses)).toEqual(new Set(['CHARGED']));
    expect(statuses).toHaveLength(PAYMENTS);
  });
});
