/** Signed messages from end to end: what is forged, altered, moved or expired is never run, and never an answer. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type BridgeConfigInput,
  type BridgeEvent,
  createDeadLetters,
  keepDeadLetters,
  NatsBridge,
} from '@nats-bridge/connector';
import {
  ackSubjectOf,
  consumePull,
  createMessageSigner,
  encodeHeaders,
  newCurveSeed,
  newSigningSeed,
  publicCurveKey,
  publicSigningKey,
  readHeaders,
} from '@nats-bridge/messaging';
import {
  HEADER,
  type Outcome,
  type RouterData,
  recordHeaders,
  recordSubject,
  type Secret,
  signedReplyText,
} from '@nats-bridge/protocol';
import {
  createWorker,
  type HandlerResponse,
  type Handlers,
  type SigningOptions,
  type WorkerEvent,
  type WorkerOptions,
} from '@nats-bridge/worker';
import type { Msg, NatsConnection } from '@nats-io/nats-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MODES, type Mode, startServer } from './stack-under-test.js';
import { until } from './until.js';
import { ROOT, startWorkerProcess } from './worker-process.js';

type Key = { readonly file: string; readonly seed: Secret<string>; readonly publicKey: string };

const CLI = join(ROOT, 'packages/cli/dist/main.js');
const AUTHORIZE = 'hyperswitch.payments.merchant_1.authorize';

let folder: string;
let bridgeKey: Key;
let poolKey: Key;
let stranger: Key;
let started: Awaited<ReturnType<typeof startServer>>;
const closers: (() => unknown)[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nats-bridge-signing-'));
  [bridgeKey, poolKey, stranger] = [newKey('bridge'), newKey('pool'), newKey('stranger')];
});
beforeEach(async () => {
  started = await startServer();
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  await started.dispose();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(MODES.flatMap((mode) => [[mode, 'in clear'] as const, [mode, 'sealed'] as const]))(
  'signed, %s, %s',
  (mode, how) => {
    it('a payment goes all the way, and every request and answer carries its signature', async () => {
      const keys = how === 'sealed' ? sealingKeys() : { bridge: {}, worker: {} };
      const bridge = bridgeWith({ ...in_(mode), ...keys.bridge });
      await bridge.prepare();
      const heard = await listen(bridge);
      const { runs } = await workerWith(mode, keys.worker);
      expect(await bridge.authorize(payment('att_1'))).toMatchObject(CHARGED);
      expect(await bridge.sync(payment('att_1'))).toMatchObject({ kind: 'answered' });
      expect(runs()).toBe(1);
      const keysSeen = heard.map((message) => readHeaders(message)[HEADER.signatureKey]);
      expect(heard.length).toBeGreaterThanOrEqual(4);
      expect(new Set(keysSeen)).toEqual(new Set([bridgeKey.publicKey, poolKey.publicKey]));
    });
  },
);

describe.each(MODES)('a worker, %s', (mode) => {
  it('runs nothing that is unsigned or signed by a stranger, and the next request works', async () => {
    const ready = bridgeWith(in_(mode));
    await ready.prepare();
    const { runs, reasons } = await workerWith(mode);
    const strangers: BridgeConfigInput[] = [
      { signing: undefined },
      { signing: { seed_files: [stranger.file], workers: [poolKey.publicKey] } },
    ];
    for (const [index, over] of strangers.entries()) {
      const other = bridgeWith({ ...in_(mode), ...over, request_timeout_ms: 2_000 });
      expectNoSuccess(await other.authorize(payment(`att_${index}`)));
    }
    await until('both to be refused', () => reasons().length === 2 || undefined);
    expect(reasons()).toEqual([
      expect.stringContaining('not signed'),
      expect.stringContaining(`signed by ${stranger.publicKey}, who is not among those trusted`),
    ]);
    expect(runs()).toBe(0);
    expect(await ready.authorize(payment('att_9'))).toMatchObject(CHARGED);
  });

  it.each([
    ['its body altered', { change: (text: string) => text.replace('1000', '9000') }],
    ['another test mode', { headers: { [HEADER.testMode]: 'false' } }],
    ['another deadline', { headers: { [HEADER.deadline]: String(Date.now() + 3_600_000) } }],
    ['another idempotency key', { headers: { [HEADER.idempotencyKey]: 'authorize:att_other' } }],
    ['another merchant in its headers', { headers: { [HEADER.merchantId]: 'merchant_2' } }],
    ['another record', { headers: { [HEADER.replyTo]: recordSubject('merchant_1', 'authorize:other') } }],
    ['no signature', { headers: { [HEADER.signature]: '' } }],
    ['another merchant’s subject', { subject: 'hyperswitch.payments.merchant_2.authorize' }],
    ['another operation’s subject', { subject: 'hyperswitch.payments.merchant_1.refund' }],
  ] satisfies [string, Move][])('refuses a request with %s', async (_, move: Move) => {
    const bridge = bridgeWith(in_(mode));
    await bridge.prepare();
    const { runs, reasons } = await workerWith(mode);
    const heard = await listen(bridge);
    await bridge.authorize(payment('att_1'));
    const request = heard.find(({ subject }) => subject === AUTHORIZE) as Msg;
    await sendAgain(bridge, request, move);
    const [reason] = await until('it to be refused', () => (reasons().length > 0 ? reasons() : undefined));
    expect(reason).toMatch(/does not fit/);
    expect(runs()).toBe(1);
    expect(await bridge.authorize(payment('att_2'))).toMatchObject(CHARGED);
  });

  it('runs nothing after its deadline, however well it is signed', async () => {
    const bridge = bridgeWith(in_(mode));
    await bridge.prepare();
    const { runs, events } = await workerWith(mode);
    const heard = await listen(bridge);
    await bridge.authorize(payment('att_1'));
    const request = heard.find(({ subject }) => subject === AUTHORIZE) as Msg;
    const { [HEADER.signature]: _s, [HEADER.signatureKey]: _k, ...headers } = readHeaders(request);
    const key = 'authorize:att_late';
    const late = bridge.sealing.sealRequest('merchant_1', {
      subject: AUTHORIZE,
      body: Buffer.from(request.data),
      headers: {
        ...headers,
        [HEADER.idempotencyKey]: key,
        ...(mode === 'durable' && { [HEADER.replyTo]: recordSubject('merchant_1', key) }),
        [HEADER.deadline]: String(Date.now() - 1),
        'Nats-Msg-Id': 'late',
      },
    });
    await publish(bridge, late.subject, late.body, late.headers);
    await until('it to be let go', () => events.find(({ type }) => type === 'expired'));
    expect(runs()).toBe(1);
  });
});

describe('what a worker says to a stranger', () => {
  it('is of no use as an answer: it is not signed, and what is signed for one request is not the answer of a record', async () => {
    const bridge = bridgeWith({ request_timeout_ms: 2_000 });
    await bridge.prepare();
    const { reasons } = await workerWith('durable');
    const heard = await listen(bridge);
    const refusals: Msg[] = [];
    const nats = await bridge.connection.get();
    nats.subscribe('$JS.ACK.PAYMENTS.>', {
      callback: (_, message) => {
        if (message.string().startsWith('{')) refusals.push(message);
      },
    });
    await bridge.authorize(payment('att_1'));
    const request = heard.find(({ subject }) => subject === AUTHORIZE) as Msg;
    await sendAgain(bridge, request, { change: (text) => text.replace('1000', '9000') });
    await until('it to be refused', () => reasons().length > 0 || undefined);
    const [toStranger] = await until('a refusal', () => (refusals.length > 0 ? refusals : undefined));
    expect(toStranger?.string()).toContain('VALIDATION_ERROR');
    expect(readHeaders(toStranger as Msg)[HEADER.signature]).toBeUndefined();
    // Put into the record as its answer, a refusal would tell everybody that a charge had failed.
    const answer = { status: 'failure', error: { code: 'CONFLICT', message: 'refused' } };
    const body = Buffer.from(JSON.stringify(answer));
    const signer = createMessageSigner({ seeds: [poolKey.seed], required: true });
    const forCaller = { [HEADER.contentType]: 'application/json', [HEADER.correlationId]: 'c_1' };
    const text = signedReplyText(
      'merchant_1',
      'authorize:att_7',
      { correlationId: 'c_1' },
      { body, headers: forCaller },
    );
    await record(bridge, 'att_7', body, { ...forCaller, ...signer.sign(text) });
    expect(await bridge.findAnswer('merchant_1', 'authorize:att_7')).toBeUndefined();
  });
});

describe.each(MODES)('an answer, %s', (mode) => {
  const answers: [string, (genuine: Msg) => { body: Uint8Array; headers: Record<string, string> }][] = [
    ['without a signature', () => answerOf({})],
    ['of a stranger', (genuine) => signedBy(stranger, genuine, answerOf({}))],
    [
      'of the pool, altered',
      (genuine) => {
        const { headers } = signedBy(poolKey, genuine, answerOf({}));
        return { ...answerOf({ transaction_id: 'another' }), headers };
      },
    ],
    [
      'of the pool to another request',
      (genuine) =>
        signedBy(poolKey, genuine, answerOf({}), { correlationId: 'another', key: 'authorize:other' }),
    ],
  ];

  it.each(answers)('%s counts for nothing: it is told, and the call ends in doubt', async (_, forge) => {
    const events: BridgeEvent[] = [];
    const bridge = bridgeWith({ ...in_(mode), request_timeout_ms: 2_000 }, events);
    await bridge.prepare();
    const nats = await bridge.connection.get();
    const forger = nats.subscribe('hyperswitch.payments.*.authorize', {
      callback: (_error, message) => {
        const { body, headers } = forge(message);
        const { [HEADER.replyTo]: replyTo = '' } = readHeaders(message);
        nats.publish(mode === 'durable' ? replyTo : (message.reply ?? ''), body, {
          headers: encodeHeaders({ ...headers, [HEADER.correlationId]: correlationIn(message) }),
        });
      },
    });
    const outcome = await bridge.authorize(payment('att_1'));
    expect(outcome.kind).toBe('unknown');
    await until('it to be told', () => events.find(({ type }) => type === 'refused_reply'));
    expect(bridge.stats().refusedReplies).toBeGreaterThan(0);
    forger.unsubscribe();

    await workerWith(mode);
    expect(await bridge.authorize(payment('att_2'))).toMatchObject(CHARGED);
  });

  it('of another pool than the merchant’s is none', async () => {
    const own = newKey('merchant-pool');
    const bridge = bridgeWith({
      ...in_(mode),
      signing: { ...signing(), merchants: { merchant_1: [own.publicKey] } },
      request_timeout_ms: 1_000,
    });
    await bridge.prepare();
    const { stop } = await workerWith(mode);
    expectNoSuccess(await bridge.authorize(payment('att_1')));
    expect(await bridge.authorize({ ...payment('att_2'), merchant_id: 'merchant_2' })).toMatchObject(CHARGED);
    await stop();
    await workerWith(mode, { signing: { seedFiles: [own.file], bridges: [bridgeKey.publicKey] } });
    expect(await bridge.authorize(payment('att_3'))).toMatchObject(CHARGED);
  });
});

describe('the ledger', () => {
  it('gives a signed answer to any bridge, to a repeat, and to a whole request that is said again', async () => {
    const bridge = bridgeWith();
    await bridge.prepare();
    const { runs, events } = await workerWith('durable');
    const heard = await listen(bridge);
    const first = await bridge.authorize(payment('att_1'));
    const other = bridgeWith();
    await other.prepare();
    expect(await other.authorize(payment('att_1'))).toMatchObject({ ...CHARGED, transactionId: idOf(first) });
    expect(await other.findAnswer('merchant_1', 'authorize:att_1')).toMatchObject({ status: 'success' });
    const request = heard.find(({ subject }) => subject === AUTHORIZE) as Msg;
    await sendAgain(bridge, request, {});
    await until('its answer to be said again', () => events.find(({ type }) => type === 'resent'));
    expect(runs()).toBe(1);
    expect(await other.findAnswer('merchant_1', 'authorize:att_1')).toMatchObject({ status: 'success' });
  });

  it('takes no answer that was written into it by somebody else, or moved to another key', async () => {
    const events: BridgeEvent[] = [];
    const bridge = bridgeWith({ request_timeout_ms: 1_000 }, events);
    await bridge.prepare();
    const { runs } = await workerWith('durable');
    await bridge.authorize(payment('att_1'));
    const genuine = await lastRecord(bridge, 'att_1');
    await record(bridge, 'att_2', answerOf({}).body, answerOf({}).headers);
    await record(bridge, 'att_3', genuine.data, readHeaders(genuine));
    for (const attempt of ['att_2', 'att_3']) {
      expect(await bridge.findAnswer('merchant_1', `authorize:${attempt}`)).toBeUndefined();
      expectNoSuccess(await bridge.authorize(payment(attempt)));
      const { error, ...synced } = (await bridge.sync(payment(attempt))) as {
        error?: unknown;
        reply?: object;
      };
      expect(JSON.stringify(synced.reply ?? {})).not.toContain('forged');
      expect(error).toBeUndefined();
    }
    expect(runs()).toBe(1);
    expect(events.filter(({ type }) => type === 'refused_reply').length).toBeGreaterThanOrEqual(2);
  });

  it('believes no stranger that nobody began: the call is in doubt, not failed', async () => {
    const bridge = bridgeWith({ request_timeout_ms: 1_000 });
    await bridge.prepare();
    const { runs } = await workerWith('durable');
    await bridge.authorize(payment('att_1'));
    const withdrawn = recordHeaders({ state: 'withdrawn', retry: 0 });
    await record(bridge, 'att_1', Buffer.from('{}'), withdrawn);
    expect((await bridge.authorize(payment('att_1'))).kind).toBe('unknown');
    expect((await bridge.ledger.find('merchant_1', 'authorize:att_1'))?.record.state).toBe('claimed');
    expect(runs()).toBe(1);
  });

  it('keeps what a late worker says, once it is signed', async () => {
    const bridge = bridgeWith({ request_timeout_ms: 1_000 });
    await bridge.prepare();
    let finish: (() => void) | undefined;
    const answered = new Promise<void>((resolve) => {
      finish = resolve;
    });
    await workerWith('durable', {
      handlers: {
        authorize: async () => {
          await answered;
          return SUCCESS;
        },
      },
    });
    expect((await bridge.authorize(payment('att_1'))).kind).toBe('unknown');
    finish?.();
    expect(await until('its answer', () => bridge.findAnswer('merchant_1', 'authorize:att_1'))).toMatchObject(
      SUCCESS,
    );
  });

  it('has the genuine answer, whatever a forger told the bridge before', async () => {
    const bridge = bridgeWith({ request_timeout_ms: 5_000 });
    await bridge.prepare();
    const nats = await bridge.connection.get();
    let finish: (() => void) | undefined;
    const forged = new Promise<void>((resolve) => {
      finish = resolve;
    });
    nats.subscribe(AUTHORIZE, {
      callback: (_, message) => {
        const { body, headers } = signedBy(stranger, message, answerOf({}));
        nats.publish(message.reply ?? '', body, {
          headers: encodeHeaders({ ...headers, [HEADER.correlationId]: correlationIn(message) }),
        });
      },
    });
    await workerWith('durable', {
      handlers: {
        authorize: async () => {
          await forged;
          return SUCCESS;
        },
      },
    });
    const outcome = await bridge.authorize(payment('att_1'));
    expect(outcome.kind).toBe('unknown');
    finish?.();
    const answer = () => bridge.findAnswer('merchant_1', 'authorize:att_1');
    expect(await until('the genuine answer', answer)).toMatchObject(SUCCESS);
  });

  it('has a withdrawal that bridges believe, of what a signing worker let go', async () => {
    const bridge = bridgeWith();
    await bridge.prepare();
    const key = 'authorize:att_1';
    const { events } = await workerWith('durable');
    const heard = await listen(bridge);
    await bridge.authorize(payment('att_0'));
    const request = heard.find(({ subject }) => subject === AUTHORIZE) as Msg;
    const late = bridge.sealing.sealRequest('merchant_1', {
      subject: AUTHORIZE,
      body: Buffer.from(request.string().replaceAll('att_0', 'att_1')),
      headers: {
        ...readHeaders(request),
        [HEADER.idempotencyKey]: key,
        [HEADER.replyTo]: recordSubject('merchant_1', key),
        [HEADER.deadline]: String(Date.now() - 1),
        'Nats-Msg-Id': 'late',
      },
    });
    await publish(bridge, late.subject, late.body, late.headers);
    await until('it to be withdrawn', () => events.find(({ type }) => type === 'expired'));
    expect((await bridge.ledger.findLatest('merchant_1', key))?.record).toMatchObject({
      state: 'withdrawn',
      reason: 'expired',
    });
  });
});

describe('signed in other ways', () => {
  it('a body that is too large for a message is signed as a whole, both ways', async () => {
    const bridge = bridgeWith();
    await bridge.prepare();
    const large = 'x'.repeat(1_500_000);
    await workerWith('durable', {
      handlers: {
        authorize: ({ router_data: { request } }) => ({
          ...SUCCESS,
          raw_connector_response: String(request.description),
        }),
      },
    });
    const asked = { ...payment('att_1'), request: { ...payment('att_1').request, description: large } };
    const outcome = await bridge.authorize(asked);
    expect(outcome).toMatchObject(CHARGED);
    expect(outcome.kind === 'answered' && outcome.reply.raw_connector_response).toBe(large);
    expect(await bridge.findAnswer('merchant_1', 'authorize:att_1')).toMatchObject(SUCCESS);
  });

  it('a worker that only responds signs for its caller, and the bridge vouches for the record', async () => {
    const bridge = bridgeWith();
    await bridge.prepare();
    const nats = await bridge.connection.get();
    const reader = consumePull(bridge.connection, {
      stream: 'PAYMENTS',
      consumer: 'hyperswitch-consumer-authorize',
      maxInFlight: 1,
      async onMessage(message) {
        const request = { headers: message.headers };
        const { body, headers } = signedBy(poolKey, request, answerOf({}), { isForCaller: true });
        nats.publish(ackSubjectOf(message), body, {
          headers: encodeHeaders({ ...headers, [HEADER.correlationId]: correlationIn(request) }),
        });
      },
    });
    closers.push(() => reader.drain());
    expect(await bridge.authorize(payment('att_1'))).toMatchObject({ ...CHARGED, transactionId: 'forged' });
    const answered = await until('its record', async () => {
      const stored = await lastRecord(bridge, 'att_1');
      return stored.data.length > 0 ? stored : undefined;
    });
    expect(readHeaders(answered)[HEADER.signatureKey]).toBe(bridgeKey.publicKey);
    const other = bridgeWith();
    await other.prepare();
    expect(await other.findAnswer('merchant_1', 'authorize:att_1')).toMatchObject({ status: 'success' });
  });

  it('a ready worker has its keys on the command line', async () => {
    const bridge = bridgeWith({ request_timeout_ms: 10_000 });
    await bridge.prepare();
    const worker = await startWorkerProcess(
      [
        process.execPath,
        CLI,
        'worker',
        'sandbox',
        '--json',
        ...['--sign-seed', poolKey.file, '--sign-bridge', bridgeKey.publicKey],
      ],
      { NATS_BRIDGE__BASE_URL: started.server.url },
      '"started"',
    );
    closers.push(() => worker.stop());
    expect(await bridge.authorize(payment('att_1'))).toMatchObject({ kind: 'answered' });
    const other = bridgeWith({ signing: undefined, request_timeout_ms: 2_000 });
    expectNoSuccess(await other.authorize(payment('att_2')));
  });

  it('a key that is none is refused where it is configured, and a seed is not repeated', () => {
    const refused = (over: object) => () => bridgeWith({ signing: { ...signing(), ...over } });
    expect(refused({ workers: ['XNOTAUSERKEY'] })).toThrow(/signing\.workers.*public user keys/s);
    expect(refused({ seed_files: [join(folder, 'nowhere.nk')] })).toThrow(
      /seed_files.*this process can read/,
    );
    const curve = join(folder, 'curve.xk');
    const seed = newCurveSeed();
    writeFileSync(curve, seed.reveal());
    expect(refused({ seed_files: [curve] })).toThrow(/curve\.xk holds no seed of a user key/);
    expect(refused({ seed_files: [curve] })).not.toThrow(seed.reveal());
    const worker = (options: SigningOptions) => () =>
      createWorker({ handlers: { authorize: () => SUCCESS }, signing: options });
    expect(worker({ seedFiles: [curve], bridges: [bridgeKey.publicKey] })).toThrow(/curve\.xk holds no seed/);
    expect(worker({ seedFiles: [poolKey.file], bridges: ['XBRIDGE'] })).toThrow(
      /"XBRIDGE" is no public NKEY/,
    );
  });
});

describe('the dead letter', () => {
  it('of a forged request says why, and no person can have it sent again', async () => {
    const bridge = bridgeWith({ request_timeout_ms: 2_000 });
    const letters = await lettersOf(bridge);
    const { runs, reasons } = await workerWith('durable');
    const other = bridgeWith({ signing: undefined, request_timeout_ms: 2_000 });
    expectNoSuccess(await other.authorize(payment('att_1')));
    await until('it to be refused', () => reasons()[0]);
    const letter = await until('its letter', async () => (await letters.list())[0]);
    expect(letter.reason).toContain('not signed');
    await expect(letters.retry(letter, { who: 'me', why: 'test' })).rejects.toThrow(/not signed/);
    expect(runs()).toBe(0);
  });

  it('of a genuine one is sent again under a new signature with a new deadline', async () => {
    const bridge = bridgeWith({
      jetstream: { num_replicas: 1, max_deliver: 1, ack_wait: 1_000 },
      request_timeout_ms: 1_000,
    });
    const letters = await lettersOf(bridge);
    let runs = 0;
    await workerWith('durable', {
      handlers: {
        refund: () => {
          runs++;
          if (runs === 1) throw new Error('the processor is down');
          return SUCCESS;
        },
      },
    });
    await bridge.refund({ ...payment('att_1'), request: { refund_id: 'ref_1', minor_amount: 500 } });
    const letter = await until('the letter', async () => (await letters.list())[0]);
    await letters.retry(letter, { who: 'me', why: 'test' }, { force: true });
    expect(
      await until('its answer', () => bridge.findAnswer('merchant_1', letter.idempotencyKey)),
    ).toMatchObject(SUCCESS);
  });
});

it.each(MODES)('a key is changed step by step under load, and no payment notices, %s', async (mode) => {
  const [nextBridge, nextPool] = [newKey('bridge-next'), newKey('pool-next')];
  const [both, bothPools] = [
    [bridgeKey.publicKey, nextBridge.publicKey],
    [poolKey.publicKey, nextPool.publicKey],
  ];
  const steps: { bridge?: BridgeConfigInput['signing']; worker?: SigningOptions }[] = [
    { bridge: signing(), worker: { seedFiles: [poolKey.file], bridges: [bridgeKey.publicKey] } },
    { worker: { seedFiles: [poolKey.file], bridges: both } },
    { bridge: { seed_files: [nextBridge.file, bridgeKey.file], workers: bothPools } },
    { worker: { seedFiles: [nextPool.file], bridges: both } },
    { bridge: { seed_files: [nextBridge.file], workers: bothPools } },
    { worker: { seedFiles: [nextPool.file], bridges: [nextBridge.publicKey] } },
  ];
  let bridge: NatsBridge | undefined;
  let stopWorker = async () => {};
  let sent = 0;
  let charged = 0;
  const wrong: Outcome[] = [];
  let isOver = false;
  const load = async () => {
    while (!isOver) {
      const outcome = await (bridge as NatsBridge).authorize(payment(`att_${sent++}`));
      if (outcome.kind === 'answered' && outcome.status === 'CHARGED') charged++;
      else wrong.push(outcome);
    }
  };
  let loads: Promise<void>[] = [];
  for (const step of steps) {
    // The new one is there before the old one goes, as in any rolling update.
    if (step.bridge !== undefined) {
      const next = bridgeWith({ ...in_(mode), signing: step.bridge });
      await next.prepare();
      bridge = next;
    }
    if (step.worker !== undefined) {
      const { stop } = await workerWith(mode, { signing: step.worker });
      await stopWorker();
      stopWorker = stop;
    }
    if (loads.length === 0) loads = Array.from({ length: 8 }, load);
    const before = charged;
    await until('more payments', () => charged >= before + 40 || wrong.length > 0 || undefined);
    expect(wrong).toEqual([]);
  }
  isOver = true;
  await Promise.all(loads);
  expect(wrong).toEqual([]);
  expect(charged).toBe(sent);
});

const SUCCESS = { status: 'success', transaction_id: 'txn_1' } as const satisfies HandlerResponse;
const CHARGED = { kind: 'answered', status: 'CHARGED' } as const;

type Move = {
  readonly subject?: string;
  readonly headers?: Record<string, string>;
  readonly change?: (text: string) => string;
};

function newKey(name: string): Key {
  const seed = newSigningSeed();
  const file = join(folder, `${name}.nk`);
  writeFileSync(file, `${seed.reveal()}\n`, { mode: 0o600 });
  return { file, seed, publicKey: publicSigningKey(seed) };
}

function sealingKeys() {
  const [bridge, pool] = ['bridge', 'pool'].map((name) => {
    const seed = newCurveSeed();
    const file = join(folder, `${name}.xk`);
    writeFileSync(file, seed.reveal(), { mode: 0o600 });
    return { file, publicKey: publicCurveKey(seed) };
  }) as [Omit<Key, 'seed'>, Omit<Key, 'seed'>];
  return {
    bridge: { sealing: { seed_files: [bridge.file], workers: [pool.publicKey] } },
    worker: { sealing: { seedFiles: [pool.file], bridges: [bridge.publicKey] } },
  };
}

function signing() {
  return { seed_files: [bridgeKey.file], workers: [poolKey.publicKey] };
}

function in_(mode: Mode): BridgeConfigInput {
  return { jetstream_enabled: mode === 'durable' };
}

function bridgeWith(config: BridgeConfigInput = {}, events: BridgeEvent[] = []): NatsBridge {
  const bridge = new NatsBridge(
    {
      base_url: started.server.url,
      jetstream: { num_replicas: 1 },
      request_timeout_ms: 5_000,
      signing: signing(),
      ...config,
    },
    { onEvent: (event) => events.push(event) },
  );
  closers.push(() => bridge.close());
  return bridge;
}

/** The consumers are there already: a bridge was prepared. */
async function workerWith(
  mode: Mode,
  options: Partial<WorkerOptions> & { readonly handlers?: Handlers } = {},
) {
  const events: WorkerEvent[] = [];
  let runs = 0;
  const run = (): HandlerResponse => {
    runs++;
    return { ...SUCCESS, transaction_id: `txn_${runs}` };
  };
  const worker = createWorker({
    servers: started.server.url,
    jetstream: mode === 'durable',
    signing: { seedFiles: [poolKey.file], bridges: [bridgeKey.publicKey] },
    handlers: { authorize: run, refund: run, sync: () => SUCCESS },
    onEvent: (event) => events.push(event),
    ...options,
  });
  closers.push(() => worker.stop());
  await worker.start();
  return {
    events,
    runs: () => runs,
    reasons: () => events.flatMap((event) => (event.type === 'malformed' ? [event.reason] : [])),
    stop: () => worker.stop(),
  };
}

async function lettersOf(bridge: NatsBridge) {
  const keeper = keepDeadLetters(bridge);
  closers.push(() => keeper.close());
  await bridge.prepare();
  const letters = createDeadLetters(bridge);
  closers.push(() => letters.close());
  return letters;
}

/** Everything with a body that passes on the subjects of payments and answers. */
async function listen(bridge: NatsBridge): Promise<Msg[]> {
  const heard: Msg[] = [];
  const nats = await bridge.connection.get();
  const keep = (_: unknown, message: Msg) => {
    if (message.data.length > 0 && readHeaders(message)[HEADER.correlationId] !== undefined)
      heard.push(message);
  };
  for (const subject of ['hyperswitch.payments.>', 'hyperswitch.operations.>', '_INBOX.>'])
    nats.subscribe(subject, { callback: keep });
  await nats.flush();
  return heard;
}

function sendAgain(bridge: NatsBridge, request: Msg, { subject, headers, change }: Move): Promise<void> {
  const body = change === undefined ? request.data : Buffer.from(change(request.string()));
  return publish(bridge, subject ?? request.subject, body, {
    ...readHeaders(request),
    'Nats-Msg-Id': 'again',
    ...headers,
  });
}

async function publish(
  bridge: NatsBridge,
  subject: string,
  body: Uint8Array,
  headers: Record<string, string>,
): Promise<void> {
  const nats: NatsConnection = await bridge.connection.get();
  nats.publish(subject, body, { headers: encodeHeaders(headers) });
  await nats.flush();
}

async function record(
  bridge: NatsBridge,
  attempt: string,
  body: Uint8Array,
  headers: Record<string, string>,
) {
  const kept = Object.entries(headers).filter(([name]) => !name.startsWith('Nats-'));
  await publish(bridge, recordSubject('merchant_1', `authorize:${attempt}`), body, Object.fromEntries(kept));
  await until(
    'the stream to have it',
    async () => (await lastRecord(bridge, attempt)).data.length === body.length || undefined,
  );
}

async function lastRecord(bridge: NatsBridge, attempt: string): Promise<Msg> {
  const nats = await bridge.connection.get();
  const subject = recordSubject('merchant_1', `authorize:${attempt}`);
  return nats.request(`$JS.API.DIRECT.GET.OPERATIONS.${subject}`);
}

function answerOf(more: Record<string, string>) {
  const answer = { status: 'success', transaction_id: 'forged', ...more };
  return {
    body: Buffer.from(JSON.stringify(answer)),
    headers: { [HEADER.contentType]: 'application/json' },
  };
}

/** As a worker with this key would sign it, for the request or for another. */
function signedBy(
  { seed }: Key,
  request: Pick<Msg, 'headers'>,
  answer: ReturnType<typeof answerOf>,
  other: { readonly correlationId?: string; readonly key?: string; readonly isForCaller?: boolean } = {},
) {
  const headers = readHeaders(request);
  const key = other.key ?? headers[HEADER.idempotencyKey] ?? '';
  const replyTo = headers[HEADER.replyTo] ?? '';
  const place =
    !other.isForCaller && replyTo.startsWith('hyperswitch.operations.')
      ? { record: other.key === undefined ? replyTo : recordSubject('merchant_1', other.key) }
      : { correlationId: other.correlationId ?? correlationIn(request) };
  const text = signedReplyText(headers[HEADER.merchantId] ?? '', key, place, answer);
  const signer = createMessageSigner({ seeds: [seed], required: true });
  return { ...answer, headers: { ...answer.headers, ...signer.sign(text) } };
}

function correlationIn(request: Pick<Msg, 'headers'>): string {
  return readHeaders(request)[HEADER.correlationId] ?? '';
}

function expectNoSuccess(outcome: Outcome): void {
  expect(outcome.kind === 'answered' && outcome.reply.status === 'success').toBe(false);
}

function idOf(outcome: Outcome): string | undefined {
  return outcome.kind === 'answered' ? outcome.transactionId : undefined;
}

function payment(attempt: string): RouterData {
  return {
    merchant_id: 'merchant_1',
    payment_id: `pay_${attempt}`,
    attempt_id: attempt,
    connector: 'stripe',
    connector_auth_type: { auth_type: 'HeaderKey', api_key: 'key' },
    test_mode: true,
    request: {
      minor_amount: 1_000,
      currency: 'EUR',
      payment_method: { card: { card_number: '4000056655665556' } },
    },
  };
}
