/** An error beside a status that is none of failure: Hyperswitch would take it for the end of a refund or a payout. */
import type { JsonObject } from '@nats-bridge/protocol';
import { createWorker, type Handlers, type Worker } from '@nats-bridge/worker';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { money, type Stack, startStack } from './stack-under-test.js';

let stack: Stack;
let worker: Worker | undefined;
beforeEach(async () => {
  stack = await startStack({ sandbox: false });
});
afterEach(async () => {
  await worker?.stop();
  worker = undefined;
  await stack.close();
});

const error = { code: 'too_late', message: 'The money is on its way' };

async function answering(handlers: Handlers): Promise<void> {
  worker = createWorker({ servers: stack.server.url, handlers });
  await worker.start();
}

describe('a payout that is on its way, and cannot be cancelled', () => {
  const cancel = () =>
    stack.call('PayoutService/Void', { merchant_payout_id: 'po_1', connector_payout_id: 'tr_1' }, 'po_1');
  const isStillPending = (answer: JsonObject) => {
    expect(answer).toMatchObject({ payout_status: 'PENDING', connector_payout_id: 'tr_1' });
    expect(answer).not.toHaveProperty('error');
  };

  it('stays pending when nobody is there to cancel it', async () => {
    isStillPending(await cancel());
  });

  it('stays pending when the processor refuses', async () => {
    await answering({ payout_cancel: () => ({ status: 'failure', error }) });
    isStillPending(await cancel());
  });

  it('stays pending when the worker hands on what the processor said, word for word', async () => {
    const response = { error: { connector_details: error }, status_code: 422 };
    await answering({ payout_cancel: () => ({ status: 'failure', error, response }) });
    isStillPending(await cancel());
  });

  it('has failed where the processor says so', async () => {
    await answering({ payout_cancel: () => ({ status: 'failure', attempt_status: 'FAILED', error }) });
    expect(await cancel()).toMatchObject({
      payout_status: 'FAILED',
      error: { connector_details: { code: 'too_late' } },
    });
  });
});

describe('a refund that the processor looks at, though it says why it is not done', () => {
  it.each([
    ['PaymentService/Refund', 'refund'],
    ['RefundService/Get', 'refund_sync'],
  ] as const)('stays pending by %s', async (method, operation) => {
    await answering({
      [operation]: () => ({
        status: 'failure',
        transaction_id: 're_1',
        refund_status: 'REFUND_PENDING',
        error,
      }),
    });
    const request = {
      merchant_refund_id: 'ref_1',
      connector_transaction_id: 'pay_1',
      refund_amount: money(100),
      ...(operation === 'refund_sync' && { refund_id: 're_1' }),
    };
    const answer = await stack.call(method, request, 'ref_1');
    expect(answer).toMatchObject({ status: 'REFUND_PENDING', connector_refund_id: 're_1' });
    expect(answer).not.toHaveProperty('error');
  });
});
