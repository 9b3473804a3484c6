/** A bridge that died between the announcement of a request and sending it: nobody waits for ever, nothing happens twice. */
import type { BridgeConfigInput } from '@nats-bridge/connector';
import { fingerprintOf, type RouterData } from '@nats-bridge/protocol';
import { createWorker } from '@nats-bridge/worker';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { afterEach, expect, it } from 'vitest';
import { authorizeRequest, MERCHANT, type Stack, type StackOptions, startStack } from './stack-under-test.js';
import { until } from './until.js';

const TIMEOUT_MS = 1_500;
const ACK_WAIT_MS = 1_000;
const KEY = 'authorize:att_1';
const ALIAS = `bridge:${KEY}`;
const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function start(
  { jetstream, ...config }: BridgeConfigInput = {},
  options: StackOptions = {},
): Promise<Stack> {
  const stack = await startStack({
    sandbox: false,
    config: {
      timeouts: { authorize: TIMEOUT_MS },
      jetstream: { ack_wait: ACK_WAIT_MS, ...jetstream },
      ...config,
    },
    ...options,
  });
  closers.push(() => stack.close());
  const worker = createWorker({
    servers: stack.server.url,
    pool: Object.keys(config.pools ?? {})[0],
    ackWaitMs: ACK_WAIT_MS,
    handlers: {
      sync: () => ({ status: 'failure', error: { code: 'resource_missing', message: 'no such payment' } }),
    },
  });
  await worker.start();
  closers.push(() => worker.stop());
  return stack;
}

/** As a bridge announces a request for workers that keep no records; an earlier version does not say for how long. */
function announce(stack: Stack, timeoutMs: number | undefined): Promise<number> {
  const requestedAt = Date.now();
  const data = {
    merchant_id: MERCHANT,
    payment_id: 'pay_of_att_1',
    attempt_id: 'att_1',
    connector: 'imerchantsolutions',
    request: { amount: { minor_amount: 1_250, currency: 'EUR' } },
  } as unknown as RouterData;
  return stack.bridge.ledger.write(
    MERCHANT,
    KEY,
    {
      state: 'sent',
      operation: 'authorize',
      paymentId: 'pay_of_att_1',
      correlationId: 'c_1',
      fingerprint: fingerprintOf(data),
      retry: 0,
      requestedAt,
      deadlineAt: timeoutMs === undefined ? undefined : requestedAt + timeoutMs,
    },
    0,
  );
}

const stateOf = async (stack: Stack) => (await stack.bridge.ledger.findLatest(MERCHANT, KEY))?.record.state;
const sync = async (stack: Stack) => {
  const request = { merchant_transaction_id: 'att_1', connector_transaction_id: ALIAS };
  return (await stack.call('PaymentService/Get', request, 'att_1')).status;
};

it('is pending while it may still be sent, then failed, and cannot be begun afterwards', async () => {
  const stack = await start();
  await announce(stack, 300);
  expect(await sync(stack)).toBe('PENDING');
  expect(await stateOf(stack)).toBe('sent');
  await until('it is withdrawn', async () => ((await sync(stack)) === 'FAILURE' ? true : undefined));
  expect((await stack.bridge.ledger.findLatest(MERCHANT, KEY))?.record).toMatchObject({
    state: 'withdrawn',
    reason: 'NEVER_SENT',
    correlationId: 'c_1',
  });
});

it.each([
  ['another bridge announced it, which has a longer timeout', 20_000],
  ['it does not say how long it may still be sent', undefined],
])('stays in doubt beyond the timeout of who asks where %s', async (_why, timeoutMs) => {
  const stack = await start();
  await announce(stack, timeoutMs);
  await expectDoubt(stack);
});

it('stays in doubt where the request is in the stream: somebody may have it', async () => {
  const stack = await start();
  await startSilentWorker(stack);
  await authorizeInVain(stack);
  await expectDoubt(stack);
});

it('stays in doubt where plain subscribers heard what the stream refused', async () => {
  const stack = await start();
  const nats = await stack.nats();
  nats.subscribe('hyperswitch.payments.*.authorize', { callback: () => undefined });
  await nats.flush();
  const { streams } = await jetstreamManager(nats);
  await streams.update('PAYMENTS', { max_msg_size: 10 });
  await authorizeInVain(stack);
  await streams.update('PAYMENTS', { max_msg_size: -1 });
  await expectDoubt(stack);
});

it('stays in doubt where the archive no longer reaches back that far', async () => {
  const stack = await start({ jetstream: { max_messages: 5 } });
  await startSilentWorker(stack);
  await authorizeInVain(stack);
  const nats = await stack.nats();
  for (let count = 0; count < 10; count++)
    await jetstream(nats).publish('hyperswitch.payments.other.capture', '{}');
  const { streams } = await jetstreamManager(nats);
  await until('the archive lets go of it', async () => {
    const { state } = await streams.info('PAYMENTS_ARCHIVE');
    return state.first_seq > 5 ? true : undefined;
  });
  await expectDoubt(stack);
});

it('stays in doubt where the merchant has moved to a pool since it was sent', async () => {
  const stack = await start();
  await startSilentWorker(stack);
  await authorizeInVain(stack);
  const pools = { acme: { merchants: [MERCHANT] } };
  await expectDoubt(await start({ pools }, { runningServer: stack.server }));
});

/** A push consumer whose worker never answers: the bridge keeps the record, and sends. */
async function startSilentWorker(stack: Stack): Promise<void> {
  const nats = await stack.nats();
  const manager = await jetstreamManager(nats);
  await manager.consumers.add('PAYMENTS', {
    durable_name: 'silent',
    filter_subject: 'hyperswitch.payments.*.authorize',
    deliver_subject: 'silent',
    ack_policy: 'explicit',
  });
  nats.subscribe('silent', { callback: () => undefined });
  await nats.flush();
}

async function authorizeInVain(stack: Stack): Promise<void> {
  const { status } = await stack.call('PaymentService/Authorize', authorizeRequest('att_1'), 'att_1');
  expect(status).toBe('PENDING');
  expect(await stateOf(stack)).toBe('sent');
}

async function expectDoubt(stack: Stack): Promise<void> {
  const begunAt = (await stack.bridge.ledger.findLatest(MERCHANT, KEY))?.record.at ?? 0;
  await until('it could not be sent any more', () =>
    Date.now() > begunAt + TIMEOUT_MS + ACK_WAIT_MS ? true : undefined,
  );
  expect(await sync(stack)).toBe('PENDING');
  expect(await stateOf(stack)).toBe('sent');
}
