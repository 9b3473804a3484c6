/** Tenants of one Hyperswitch: each has merchants and payments of its own, whatever they are called. */
import { createWorker, type Worker } from '@nats-bridge/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { authorizeRequest, type Stack, startStack } from './stack-under-test.js';

let stack: Stack;
let worker: Worker;
const charged: unknown[] = [];
beforeAll(async () => {
  stack = await startStack({ sandbox: false });
  worker = createWorker({
    servers: stack.server.url,
    handlers: {
      authorize({ router_data: { tenant_id } }) {
        charged.push(tenant_id);
        return { status: 'success', transaction_id: `pi_of_${tenant_id}` };
      },
      sync: ({ router_data: { request } }) => ({
        status: 'success',
        transaction_id: String(request.connector_transaction_id),
        attempt_status: 'CHARGED',
      }),
    },
  });
  await worker.start();
});
afterAll(async () => {
  await worker.stop();
  await stack.close();
});

const TENANTS = ['public', 'eu', 'us'];
const of = (tenant: string) => ({ 'x-tenant-id': tenant });

describe('a payment of the same merchant and attempt in another tenant', () => {
  it('is another payment', async () => {
    for (const tenant of TENANTS)
      expect(
        await stack.call('PaymentService/Authorize', authorizeRequest('att_1'), 'att_1', of(tenant)),
      ).toMatchObject({ status: 'CHARGED', connector_transaction_id: `pi_of_${tenant}` });
    expect(charged).toEqual(TENANTS);
  });

  it('is asked about by its own id, also where that was lost', async () => {
    const lost = { merchant_transaction_id: 'att_1', connector_transaction_id: '' };
    for (const tenant of TENANTS)
      expect(await stack.call('PaymentService/Get', lost, 'att_1', of(tenant))).toMatchObject({
        connector_transaction_id: `pi_of_${tenant}`,
      });
  });
});
