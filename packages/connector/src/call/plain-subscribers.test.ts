/** Workers that hear a message as it passes, beside a stream: what is published twice runs twice. */
import { setTimeout as sleep } from 'node:timers/promises';
import { HEADER } from '@nats-bridge/protocol';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { headers } from '@nats-io/nats-core';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { NatsBridge } from '../nats-bridge.js';
import { CAPTURE, startBridge } from '../testing/bridge-on-server.js';

const TIMEOUT_MS = 2_500;

let started: Awaited<ReturnType<typeof startBridge>>;
let bridge: NatsBridge;
let executions: number;

beforeEach(async () => {
  started = await startBridge({ request_timeout_ms: TIMEOUT_MS });
  bridge = started.bridge;
  executions = 0;
});
afterEach(() => started.stop());

/** Answers each request after so long, or never. */
async function subscribe(answersAfterMs: number | undefined, merchant = '*'): Promise<void> {
  const nats = await bridge.connection.get();
  nats.subscribe(`hyperswitch.payments.${merchant}.capture`, {
    queue: 'workers',
    callback: (_, message) => {
      const { correlation_id } = message.json<{ correlation_id: string }>();
      const transaction_id = `txn_${++executions}`;
      if (answersAfterMs === undefined) return;
      const reply = JSON.stringify({ status: 'success', transaction_id, correlation_id });
      void sleep(answersAfterMs).then(() => message.respond(reply));
    },
  });
  await nats.flush();
}

/** The stream refuses every message; the records are kept as ever. */
async function refuseRequests(): Promise<void> {
  const manager = await jetstreamManager(await bridge.connection.get());
  await manager.streams.update('PAYMENTS', { max_msg_size: 10 });
}

const capture = () => bridge.capture(CAPTURE);
const stateOfRecord = async () => (await bridge.ledger.findLatest('m', 'capture:att_1'))?.record.state;

it('a request that the stream refuses is not sent again, and gets the answer of who heard it', async () => {
  await refuseRequests();
  await subscribe(1_500);
  expect(await capture()).toMatchObject({ kind: 'answered', transactionId: 'txn_1' });
  expect(executions).toBe(1);
});

it('a request that the stream refuses is never called failed: who heard it may run it', async () => {
  await refuseRequests();
  await subscribe(undefined);
  expect(await capture()).toMatchObject({ kind: 'unknown', status: 'PENDING' });
  expect(executions).toBe(1);
  expect(await stateOfRecord()).toBe('sent');
});

it('a worker that says it is there and hears requests as they pass is asked once, and its doubt stays', async () => {
  const nats = await bridge.connection.get();
  nats.subscribe('hyperswitch.workers.alive.capture', { callback: (_, message) => void message.respond() });
  await subscribe(undefined);
  expect(await capture()).toMatchObject({ kind: 'unknown', status: 'PENDING' });
  expect(executions).toBe(1);
  expect(await stateOfRecord()).toBe('sent');
});

it('is found for the merchant that it hears, whoever else was asked about just before', async () => {
  const nats = await bridge.connection.get();
  nats.subscribe('hyperswitch.workers.alive.capture', { callback: (_, message) => void message.respond() });
  await bridge.prepare();
  const alone = { ...CAPTURE, merchant_id: 'alone' };
  await subscribe(undefined, 'alone');
  const [, outcome] = await Promise.all([capture(), sleep(20).then(() => bridge.capture(alone))]);
  expect(executions).toBe(1);
  expect(outcome).toMatchObject({ kind: 'unknown', status: 'PENDING' });
});

it('is in doubt where a reader of the stream refuses what a subscriber has heard', async () => {
  const nats = await bridge.connection.get();
  await subscribe(undefined);
  await bridge.prepare();
  const reader = await jetstream(nats).consumers.get('PAYMENTS', 'hyperswitch-consumer-capture');
  const capturing = capture();
  const delivered = await reader.next();
  // As a worker does that lacks a key, say.
  const { reply } = delivered as unknown as { readonly reply: string };
  const refusal = headers();
  for (const name of [HEADER.correlationId, HEADER.contentType])
    refusal.set(name, delivered?.headers?.get(name) ?? '');
  refusal.set(HEADER.refusal, '1');
  const error = { code: 'VALIDATION_ERROR', message: 'No key opens it' };
  nats.publish(reply, JSON.stringify({ status: 'failure', error }), { headers: refusal });
  expect(await capturing).toMatchObject({ kind: 'unknown', status: 'PENDING' });
  expect([executions, await stateOfRecord()]).toEqual([1, 'sent']);
});
