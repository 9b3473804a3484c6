/** Workers that keep records and workers that keep none read the same consumers, as while one kind replaces the other. */
import { createWorker } from '@nats-bridge/worker';
import { type JsMsg, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { afterEach, expect, it } from 'vitest';
import { sayThere } from './say-there.js';
import { authorizeRequest, MERCHANT, type Stack, type StackOptions, startStack } from './stack-under-test.js';
import { until } from './until.js';

const AUTHORIZE = 'PaymentService/Authorize';
const CONSUMER = 'hyperswitch-consumer-authorize';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function start(config: StackOptions['config']): Promise<Stack> {
  const stack = await startStack({ sandbox: false, config });
  closers.push(() => stack.close());
  return stack;
}

/** One without records: it says that it is there, takes one request and is not heard of again. */
async function takeWithoutRecord(
  stack: Stack,
  says: 'alive' | 'nothing' = 'alive',
): Promise<() => Promise<JsMsg>> {
  const nats = await stack.nats();
  nats.subscribe('hyperswitch.workers.alive.authorize', {
    callback: (_, message) => {
      if (says === 'alive') message.respond();
    },
  });
  const consumer = await jetstream(nats).consumers.get('PAYMENTS', CONSUMER);
  const taking = consumer.next({ expires: 10_000 });
  await nats.flush();
  return async () => {
    const message = await taking;
    if (message === null) throw new Error('it was given nothing');
    return message;
  };
}

async function startGuarded(stack: Stack): Promise<readonly number[]> {
  const attempts: number[] = [];
  const worker = createWorker({
    servers: stack.server.url,
    handlers: {
      authorize: (_, { attempt }) => {
        attempts.push(attempt);
        return { status: 'success', transaction_id: 'txn_1' };
      },
    },
  });
  await worker.start();
  closers.push(() => worker.stop());
  return attempts;
}

async function requestsIn(stack: Stack): Promise<number> {
  const { streams } = await jetstreamManager(await stack.nats());
  return (await streams.info('PAYMENTS')).state.messages;
}

const recordOf = async (stack: Stack, attempt: string) =>
  (await stack.bridge.ledger.findLatest(MERCHANT, `authorize:${attempt}`))?.record;

it.each([
  ['within its time', 'alive', 4_000],
  ['when its time is over', 'nothing', 1_500],
] as const)(
  'what one without records took and did not answer, the next looks for before it charges, %s',
  async (_, says, timeout) => {
    const stack = await start({ timeouts: { authorize: timeout }, jetstream: { ack_wait: 1_700 } });
    const taken = await takeWithoutRecord(stack, says);
    const calling = stack.call(AUTHORIZE, authorizeRequest('a1'), 'a1');
    await taken();
    const attempts = await startGuarded(stack);
    const first = await calling;
    expect(['CHARGED', 'PENDING']).toContain(first.status);
    await until('it to be answered', async () => (await recordOf(stack, 'a1'))?.state === 'answered');
    expect(attempts).toEqual([2]);
    expect(await stack.call(AUTHORIZE, authorizeRequest('a1'), 'a1')).toMatchObject({ status: 'CHARGED' });
  },
);

it('what one heard as it passed and did not answer, the next looks for before it charges', async () => {
  const stack = await start({ timeouts: { authorize: 6_000 } });
  const nats = await stack.nats();
  const heard = new Promise<void>((resolve) => {
    nats.subscribe('hyperswitch.payments.*.authorize', { max: 1, callback: () => resolve() });
  });
  await nats.flush();
  const calling = stack.call(AUTHORIZE, authorizeRequest('a1'), 'a1');
  await heard;
  const attempts = await startGuarded(stack);
  expect(await calling).toMatchObject({ status: 'CHARGED' });
  expect(attempts).toEqual([2]);
});

it('what one without records took, that came after it was sent, stays in doubt and is answered late', async () => {
  const stack = await start({ timeouts: { authorize: 1_500 }, jetstream: { ack_wait: 5_000 } });
  const nats = await stack.nats();
  const guarded = await sayThere(stack);
  const calling = stack.call(AUTHORIZE, authorizeRequest('a1'), 'a1');
  await until('the request', async () => (await requestsIn(stack)) > 0);
  guarded.unsubscribe();
  const message = await (await takeWithoutRecord(stack))();
  expect(await calling).toMatchObject({ status: 'PENDING' });
  expect(await recordOf(stack, 'a1')).toMatchObject({ state: 'sent', retry: 0 });
  const correlation_id = message.headers?.get('X-Correlation-Id');
  const answer = { status: 'success', transaction_id: 'txn_late', correlation_id };
  nats.publish((message as JsMsg & { readonly reply: string }).reply, JSON.stringify(answer));
  await until('its answer', async () => (await recordOf(stack, 'a1'))?.state === 'answered');
});

it('what nobody took is withdrawn, whoever is there when its time is over', async () => {
  const stack = await start({ timeouts: { authorize: 1_000 } });
  const guarded = await sayThere(stack);
  const calling = stack.call(AUTHORIZE, authorizeRequest('a1'), 'a1');
  await until('the request', async () => (await requestsIn(stack)) > 0);
  guarded.unsubscribe();
  expect(await calling).toMatchObject({ status: 'FAILURE' });
  expect(await recordOf(stack, 'a1')).toMatchObject({ state: 'withdrawn' });
  expect(await requestsIn(stack)).toBe(0);
});
