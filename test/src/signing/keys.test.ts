/** The ways in which messages are signed, and keys that change while payments go on. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BridgeConfigInput, NatsBridge } from '@nats-bridge/connector';
import { consumePull, encodeHeaders, newCurveSeed, readHeaders } from '@nats-bridge/messaging';
import { HEADER, type Outcome } from '@nats-bridge/protocol';
import { createWorker, type SigningOptions } from '@nats-bridge/worker';
import { jetstreamManager } from '@nats-io/jetstream';
import { MsgHdrsImpl } from '@nats-io/nats-core';
import { describe, expect, it } from 'vitest';
import { MODES } from '../stack-under-test.js';
import { until } from '../until.js';
import { ROOT, startWorkerProcess } from '../worker-process.js';
import {
  answerOf,
  CHARGED,
  correlationIn,
  expectNoSuccess,
  inMode,
  lastRecord,
  payment,
  SUCCESS,
  signedBy,
} from './messages.js';
import { signingScene } from './signing-scene.js';

const CLI = join(ROOT, 'packages/cli/dist/main.js');
const { folder, bridgeKey, poolKey, serverUrl, closeAfter, newKey, signing, bridgeWith, workerWith } =
  signingScene();

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
    const consumer = 'hyperswitch-consumer-authorize';
    const reader = consumePull(bridge.connection, {
      stream: 'PAYMENTS',
      consumer,
      maxInFlight: 1,
      async onMessage(message) {
        const wireHeaders = Object.entries(message.headers).map(([name, value]) => [name, [value]]);
        const request = { headers: MsgHdrsImpl.fromRecord(Object.fromEntries(wireHeaders)) };
        const { body, headers } = signedBy(poolKey, request, answerOf({}), { isForCaller: true });
        nats.publish(message.ackSubject, body, {
          headers: encodeHeaders({ ...headers, [HEADER.correlationId]: correlationIn(request) }),
        });
      },
    });
    closeAfter(() => reader.drain());
    const jsm = await jetstreamManager(nats);
    await until('the worker to ask for requests', async () => {
      const { num_waiting } = await jsm.consumers.info('PAYMENTS', consumer);
      return num_waiting > 0 || undefined;
    });
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
      { NATS_BRIDGE__BASE_URL: serverUrl() },
      '"started"',
    );
    closeAfter(() => worker.stop());
    expect(await bridge.authorize(payment('att_1'))).toMatchObject({ kind: 'answered' });
    const other = bridgeWith({ signing: undefined });
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
      const next = bridgeWith({ ...inMode(mode), signing: step.bridge });
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
