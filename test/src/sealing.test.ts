/** Sealed bodies from end to end: nobody but bridges and workers can read what travels, or change it unnoticed. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type BridgeConfigInput,
  createDeadLetters,
  keepDeadLetters,
  NatsBridge,
} from '@nats-bridge/connector';
import { encodeHeaders, readHeaders } from '@nats-bridge/messaging';
import { HEADER, type RouterData, SEALED_TYPE } from '@nats-bridge/protocol';
import { createWorker, type Handlers, type SealingOptions, type WorkerEvent } from '@nats-bridge/worker';
import type { Msg } from '@nats-io/nats-core';
import { createCurve } from '@nats-io/nkeys';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MODES, startServer } from './stack-under-test.js';
import { until } from './until.js';

const CARD = '4000056655665556';
const SECRET = 'sk_live_marked';
const NAME = 'Zelda Marked';

type Key = { readonly file: string; readonly publicKey: string };

let folder: string;
let bridgeKey: Key;
let poolKey: Key;
let started: Awaited<ReturnType<typeof startServer>>;
const closers: (() => unknown)[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nats-bridge-sealing-'));
  bridgeKey = newKey('bridge');
  poolKey = newKey('pool');
});
beforeEach(async () => {
  started = await startServer();
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  await started.dispose();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(MODES)('sealed, %s', (mode) => {
  it('a payment goes all the way, and nothing of it can be read on the way or in a stream', async () => {
    const bridge = bridgeWith({ jetstream_enabled: mode === 'durable' });
    await bridge.prepare();
    const heard = await listen(bridge);
    const requests: unknown[] = [];
    await workerWith(
      {
        authorize: (request) => {
          requests.push(request.router_data.request);
          return { status: 'success', transaction_id: 'txn_1', raw_connector_response: `for ${NAME}` };
        },
      },
      { jetstream: mode === 'durable' },
    );
    const outcome = await bridge.authorize(payment('att_1'));
    expect(outcome).toMatchObject({ kind: 'answered', transactionId: 'txn_1' });
    expect(requests).toEqual([payment('att_1').request]);

    const types = heard.map((message) => readHeaders(message)[HEADER.contentType]).filter(Boolean);
    expect(new Set(types)).toEqual(new Set([SEALED_TYPE]));
    const wire = heard.map((message) => message.string()).join('\n');
    await bridge.close();
    await started.server.stop();
    const stored = textIn(started.server.logFile.replace(/[^/]+$/, ''));
    if (mode === 'durable') expect(stored).toContain(SEALED_TYPE);
    for (const mark of [CARD, SECRET, NAME, Buffer.from(CARD).toString('base64').slice(0, 20)])
      for (const place of [wire, stored]) expect(place).not.toContain(mark);
  });

  it('a request in clear, or from a stranger, is refused, and nothing is run', async () => {
    const events: WorkerEvent[] = [];
    let runs = 0;
    const ready = bridgeWith({ jetstream_enabled: mode === 'durable' });
    await ready.prepare();
    await workerWith(
      {
        authorize: () => {
          runs++;
          return { status: 'success' };
        },
      },
      { jetstream: mode === 'durable', onEvent: (event) => events.push(event) },
    );
    const stranger = newKey('stranger');
    const others: BridgeConfigInput[] = [
      { sealing: undefined },
      { sealing: { seed_files: [stranger.file], workers: [poolKey.publicKey] } },
    ];
    for (const [index, over] of others.entries()) {
      const other = bridgeWith({ ...over, jetstream_enabled: mode === 'durable' });
      const outcome = await other.authorize(payment(`att_${index}`));
      expect(outcome.kind === 'answered' && outcome.reply.status === 'success').toBe(false);
    }
    await until(
      'both to be refused',
      () => events.filter(({ type }) => type === 'malformed').length === 2 || undefined,
    );
    expect(
      events.filter(({ type }) => type === 'malformed').map((event) => 'reason' in event && event.reason),
    ).toEqual([
      expect.stringContaining('takes sealed requests only'),
      expect.stringContaining('not among those trusted'),
    ]);
    expect(runs).toBe(0);
    expect(await ready.authorize(payment('att_9'))).toMatchObject({ kind: 'answered', status: 'CHARGED' });
  });
});

describe('a sealed request in the stream', () => {
  it.each([
    ['subject', { subject: 'hyperswitch.payments.merchant_2.authorize' }],
    ['merchant', { headers: { [HEADER.merchantId]: 'merchant_2' } }],
    ['deadline', { headers: { [HEADER.deadline]: String(Date.now() + 3_600_000) } }],
    ['idempotency key', { headers: { [HEADER.idempotencyKey]: 'authorize:att_other' } }],
    ['record', { headers: { [HEADER.replyTo]: 'hyperswitch.operations.merchant_1.authorize:att_other' } }],
  ])(
    'does not open once it was moved to another %s',
    async (_, moved: { subject?: string; headers?: Record<string, string> }) => {
      const bridge = bridgeWith();
      const events: WorkerEvent[] = [];
      let runs = 0;
      await bridge.prepare();
      await workerWith(
        {
          authorize: () => {
            runs++;
            return { status: 'success' };
          },
        },
        { onEvent: (event) => events.push(event) },
      );
      const heard = await listen(bridge);
      await bridge.authorize(payment('att_1'));
      const request = heard.find(({ subject }) => subject.startsWith('hyperswitch.payments.')) as Msg;
      const headers = { ...readHeaders(request), 'Nats-Msg-Id': 'moved', ...moved.headers };
      const nats = await bridge.connection.get();
      nats.publish(moved.subject ?? request.subject, request.data, { headers: encodeHeaders(headers) });
      const refused = await until('it to be refused', () => events.find(({ type }) => type === 'malformed'));
      expect(refused).toMatchObject({ reason: expect.stringContaining('moved to another') });
      expect(runs).toBe(1);
    },
  );

  it('that failed is a dead letter that a bridge can send again, under a new seal with a new deadline', async () => {
    const bridge = bridgeWith({
      jetstream: { num_replicas: 1, max_deliver: 1, ack_wait: 1_000 },
      request_timeout_ms: 1_000,
    });
    const keeper = keepDeadLetters(bridge);
    closers.push(() => keeper.close());
    await bridge.prepare();
    const amounts: unknown[] = [];
    await workerWith({
      refund: ({ router_data: { request } }) => {
        amounts.push(request.minor_amount);
        if (amounts.length === 1) throw new Error('the processor is down');
        return { status: 'success', transaction_id: 'ref_1' };
      },
    });
    await bridge.refund({ ...payment('att_1'), request: { refund_id: 'ref_1', minor_amount: 500 } });
    const letters = createDeadLetters(bridge);
    closers.push(() => letters.close());
    const [listed] = await until('the letter', async () => {
      const found = await letters.list();
      return found.length > 0 ? found : undefined;
    });
    const letter = listed && (await letters.get(listed.queue, listed.seq));
    expect(Buffer.from(letter?.body ?? []).toString()).not.toContain('500');
    if (letter === undefined) throw new Error('no letter');
    await letters.retry(letter, { who: 'me', why: 'test' }, { force: true });
    await until('it to run again', () => (amounts.length === 2 ? true : undefined));
    expect(amounts).toEqual([500, 500]);
    expect(
      await until('its answer', () => bridge.findAnswer('merchant_1', letter.idempotencyKey)),
    ).toMatchObject({
      transaction_id: 'ref_1',
    });
  });
});

describe('a sealed answer', () => {
  it('is what any bridge with the key reads from the ledger, and a repeat gets', async () => {
    const bridge = bridgeWith();
    await bridge.prepare();
    let runs = 0;
    await workerWith({
      authorize: () => {
        runs++;
        return { status: 'success', transaction_id: 'txn_1' };
      },
    });
    await bridge.authorize(payment('att_1'));
    const other = bridgeWith();
    await other.prepare();
    expect(await other.findAnswer('merchant_1', 'authorize:att_1')).toMatchObject({
      transaction_id: 'txn_1',
    });
    expect(await other.authorize(payment('att_1'))).toMatchObject({ transactionId: 'txn_1' });
    expect(runs).toBe(1);
  });

  it('counts only from the workers of the merchant: another pool leaves the caller in doubt, not with a success', async () => {
    const strangers = newKey('other-pool');
    const bridge = bridgeWith({
      sealing: { ...sealing(), merchants: { merchant_1: [strangers.publicKey] } },
      request_timeout_ms: 1_000,
    });
    await bridge.prepare();
    await workerWith({ authorize: () => ({ status: 'success' }) });
    const outcome = await bridge.authorize(payment('att_1'));
    expect(outcome.kind === 'answered' && outcome.reply.status === 'success').toBe(false);
  });

  it('in clear is not taken, however it looks', async () => {
    const bridge = bridgeWith({ request_timeout_ms: 1_000 });
    await bridge.prepare();
    const nats = await bridge.connection.get();
    nats.subscribe('hyperswitch.payments.*.authorize', {
      callback: (_, message) => {
        const { [HEADER.replyTo]: replyTo = '', [HEADER.correlationId]: id } = readHeaders(message);
        nats.publish(
          replyTo,
          JSON.stringify({ status: 'success', correlation_id: id, transaction_id: 'forged' }),
        );
      },
    });
    const outcome = await bridge.authorize(payment('att_1'));
    expect(outcome.kind).toBe('unknown');
  });
});

it('a key is changed step by step, and no payment notices', async () => {
  const [nextBridge, nextPool] = [newKey('bridge-next'), newKey('pool-next')];
  const oldAndNew: BridgeConfigInput['sealing'] = {
    seed_files: [nextBridge.file, bridgeKey.file],
    workers: [poolKey.publicKey, nextPool.publicKey],
  };
  const steps: { bridge: BridgeConfigInput['sealing']; worker: SealingOptions }[] = [
    { bridge: sealing(), worker: { seedFiles: [poolKey.file], bridges: [bridgeKey.publicKey] } },
    {
      bridge: sealing(),
      worker: {
        seedFiles: [poolKey.file, nextPool.file],
        bridges: [bridgeKey.publicKey, nextBridge.publicKey],
      },
    },
    {
      bridge: oldAndNew,
      worker: {
        seedFiles: [nextPool.file, poolKey.file],
        bridges: [nextBridge.publicKey, bridgeKey.publicKey],
      },
    },
    {
      bridge: { seed_files: [nextBridge.file], workers: [nextPool.publicKey] },
      worker: { seedFiles: [nextPool.file], bridges: [nextBridge.publicKey] },
    },
  ];
  for (const [index, { bridge: keys, worker }] of steps.entries()) {
    const bridge = bridgeWith({ sealing: keys });
    await bridge.prepare();
    const stop = await workerWith(
      { authorize: () => ({ status: 'success', transaction_id: `txn_${index}` }) },
      { sealing: worker },
    );
    expect(await bridge.authorize(payment(`att_${index}`))).toMatchObject({
      transactionId: `txn_${index}`,
    });
    // What the step before recorded is still read.
    const before =
      index > 0 && index < 3
        ? await bridge.findAnswer('merchant_1', `authorize:att_${index - 1}`)
        : undefined;
    if (index > 0 && index < 3) expect(before).toMatchObject({ transaction_id: `txn_${index - 1}` });
    await stop();
  }
});

function newKey(name: string): Key {
  const pair = createCurve();
  const file = join(folder, `${name}.xk`);
  writeFileSync(file, `${new TextDecoder().decode(pair.getSeed())}\n`, { mode: 0o600 });
  return { file, publicKey: pair.getPublicKey() };
}

function sealing() {
  return { seed_files: [bridgeKey.file], workers: [poolKey.publicKey] };
}

function bridgeWith(config: BridgeConfigInput = {}): NatsBridge {
  const bridge = new NatsBridge({
    base_url: started.server.url,
    jetstream: { num_replicas: 1 },
    request_timeout_ms: 5_000,
    sealing: sealing(),
    ...config,
  });
  closers.push(() => bridge.close());
  return bridge;
}

/** The consumers are there already: a bridge was prepared. */
async function workerWith(
  handlers: Handlers,
  options: { sealing?: SealingOptions; jetstream?: boolean; onEvent?: (event: WorkerEvent) => void } = {},
): Promise<() => Promise<void>> {
  const worker = createWorker({
    servers: started.server.url,
    sealing: { seedFiles: [poolKey.file], bridges: [bridgeKey.publicKey] },
    handlers,
    ...options,
  });
  closers.push(() => worker.stop());
  await worker.start();
  return () => worker.stop();
}

/** Everything with a body that passes on the subjects of payments and answers. */
async function listen(bridge: NatsBridge): Promise<Msg[]> {
  const heard: Msg[] = [];
  const nats = await bridge.connection.get();
  const keep = (_: unknown, message: Msg) => {
    if (message.data.length > 0) heard.push(message);
  };
  for (const subject of ['hyperswitch.payments.>', 'hyperswitch.operations.>', '_INBOX.>'])
    nats.subscribe(subject, { callback: keep });
  await nats.flush();
  return heard;
}

function payment(attempt: string): RouterData {
  return {
    merchant_id: 'merchant_1',
    payment_id: `pay_${attempt}`,
    attempt_id: attempt,
    connector: 'stripe',
    connector_auth_type: { auth_type: 'HeaderKey', api_key: SECRET },
    test_mode: true,
    request: {
      amount: { minor_amount: 1_000, currency: 'EUR' },
      payment_method: { card: { card_number: CARD, card_holder_name: NAME } },
    },
  };
}

/** All that stands in files of a folder, streams above all, as text. */
function textIn(path: string): string {
  return readdirSync(path)
    .map((name) => join(path, name))
    .map((file) => (statSync(file).isDirectory() ? textIn(file) : readFileSync(file, 'latin1')))
    .join('\n');
}
