import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createUcsClient } from '@nats-bridge/gateway/client';
import { afterEach, describe, expect, it } from 'vitest';
import { authorizeRequest, MERCHANT, type Stack, startStack } from './stack-under-test.js';
import { until } from './until.js';

const CLI = fileURLToPath(new URL('../../packages/cli/dist/main.js', import.meta.url));
const PAYMENTS = 300;
const IN_FLIGHT = 20;

let stack: Stack;
const workers: ChildProcess[] = [];

afterEach(async () => {
  for (const worker of workers.splice(0)) worker.kill('SIGKILL');
  await stack.close();
});

/** A gateway as a process of its own, once its doors are open; the address of its gRPC door. */
async function startGatewayProcess(port = 0): Promise<{ process: ChildProcess; port: number }> {
  const gateway = spawn(process.execPath, [CLI, 'serve'], {
    env: {
      ...process.env,
      NO_COLOR: '1',
      NATS_BRIDGE__BASE_URL: stack.server.url,
      NATS_BRIDGE__LOGGING__LEVEL: 'error',
      GATEWAY__GRPC__PORT: String(port),
      GATEWAY__HTTP__PORT: '0',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  workers.push(gateway);
  for await (const line of createInterface({ input: gateway.stdout as NodeJS.ReadableStream })) {
    const [, taken] = /gateway http:\/\/127\.0\.0\.1:(\d+)/.exec(line) ?? [];
    if (taken !== undefined) {
      gateway.stdout?.resume();
      return { process: gateway, port: Number(taken) };
    }
  }
  throw new Error('the gateway ended');
}

/** A sandbox worker as a process of its own, once it takes requests. */
async function startWorker(): Promise<ChildProcess> {
  const env = {
    ...process.env,
    NATS_BRIDGE__BASE_URL: stack.server.url,
    NATS_BRIDGE__LOGGING__LEVEL: 'error',
  };
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

describe('gateways that are restarted one after the other', () => {
  it('answer every call: those under way are finished, new ones go to the other', async () => {
    stack = await startStack();
    const gateways = [await startGatewayProcess(), await startGatewayProcess()];
    const client = createUcsClient(`ipv4:${gateways.map(({ port }) => `127.0.0.1:${port}`).join(',')}`, {
      connector: 'imerchantsolutions',
      merchantId: MERCHANT,
      apiKey: 'key',
    });
    let isRunning = true;
    let sent = 0;
    const statuses: unknown[] = [];
    const caller = async () => {
      while (isRunning) {
        const attempt = `roll_${sent++}`;
        const metadata = { 'x-resource-id': attempt, 'x-reference-id': attempt };
        const { status } = await client.call('PaymentService/Authorize', authorizeRequest(attempt), {
          metadata,
        });
        statuses.push(status);
      }
    };
    const callers = Promise.all(Array.from({ length: IN_FLIGHT }, caller));
    callers.catch(() => {}); // looked at when all is over
    try {
      for (const { process: old, port } of gateways) {
        const before = statuses.length;
        await until('calls', () => (statuses.length > before + 50 ? true : undefined));
        const ended = once(old, 'exit');
        old.kill('SIGTERM');
        expect(await ended).toEqual([0, null]);
        await startGatewayProcess(port);
        await sleep(1_500); // the client's reconnect: what minReadySeconds is for
      }
      const before = statuses.length;
      await until('calls after it', () => (statuses.length > before + 50 ? true : undefined));
    } finally {
      isRunning = false;
      await callers.finally(() => client.close());
    }
    expect(new Set(statuses)).toEqual(new Set(['CHARGED']));
  });
});
