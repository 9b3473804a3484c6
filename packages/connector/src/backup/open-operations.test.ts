/** What counts as open, by requests and records as they lie in the streams of a real server. */
import { createRecordWriter, type RecordWriter } from '@nats-bridge/messaging';
import {
  bodyOf,
  fingerprintOf,
  HEADER,
  LATE_STREAM,
  lateSubject,
  letterSubject,
  QUEUE_STREAM,
  RECORD_STREAM,
  type RecordState,
  type RouterData,
  recordHeaders,
  recordSubject,
} from '@nats-bridge/protocol';
import { jetstreamManager } from '@nats-io/jetstream';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeAudit } from '../audit/audit.js';
import { retentionOf } from '../config/retention.js';
import { letterHeaders } from '../dead-letters/dead-letter.js';
import { letterOfOperation } from '../dead-letters/letter-of-operation.js';
import { CAPTURE, startBridge } from '../testing/bridge-on-server.js';
import { archiveNameOf } from '../topology.js';
import { markDoubts } from './mark-doubts.js';
import { openOperations } from './open-operations.js';

let started: Awaited<ReturnType<typeof startBridge>>;
let writer: RecordWriter;

beforeAll(async () => {
  started = await startBridge({ jetstream: { num_replicas: 1 } });
  writer = createRecordWriter(started.bridge.connection);
});
afterAll(async () => {
  writer.close();
  await started.stop();
});

async function request(key: string, retry = 0, data?: RouterData): Promise<void> {
  const [operation = ''] = key.split(':');
  const whole = data && {
    operation,
    merchant_id: 'm',
    payment_id: 'pay_1',
    router_data: data,
    metadata: {},
    correlation_id: 'c_1',
    timestamp: 0,
  };
  await writer.write(`hyperswitch.payments.m.${operation}`, Buffer.from(JSON.stringify(whole ?? {})), {
    [HEADER.merchantId]: 'm',
    [HEADER.operation]: operation,
    [HEADER.idempotencyKey]: key,
    ...(retry > 0 && { [HEADER.retry]: String(retry) }),
  });
}

async function record(key: string, state: RecordState, retry = 0): Promise<void> {
  const body = state === 'answered' ? Buffer.from('{"status":"success"}') : bodyOf(state);
  await writer.write(recordSubject('m', key), body, recordHeaders({ state, retry, operation: 'authorize' }));
}

it('is what was sent or begun, moves money, and has no outcome', async () => {
  const asked = { ...CAPTURE, request: { amount: { minor_amount: 1_250, currency: 'EUR' } } };
  await request('authorize:waiting', 0, asked);
  await request('authorize:in_hand');
  await record('authorize:in_hand', 'claimed');
  await record('authorize:announced', 'sent');
  await request('authorize:answered');
  await record('authorize:answered', 'claimed');
  await record('authorize:answered', 'answered');
  await request('authorize:withdrawn');
  await record('authorize:withdrawn', 'withdrawn');
  // Sent again by a person after that, and nobody has begun it.
  await request('authorize:again');
  await record('authorize:again', 'withdrawn');
  const mended = { ...CAPTURE, request: { amount: { minor_amount: 999, currency: 'EUR' } } };
  await request('authorize:again', 1, mended);
  // Sent again, and withdrawn again.
  await request('authorize:never');
  await request('authorize:never', 1);
  await record('authorize:never', 'withdrawn', 1);
  await request('sync:question');
  const { bridge } = started;
  const manager = await jetstreamManager(await bridge.connection.get());
  await expect
    .poll(async () => (await manager.streams.info(archiveNameOf(bridge.config))).state.messages)
    .toBe(9);

  const open = await openOperations(bridge.connection, bridge.config);
  expect(
    [...open.values()].map(({ idempotencyKey, record, archiveSeq, retry }) => [
      idempotencyKey,
      record?.state,
      archiveSeq !== undefined,
      retry,
    ]),
  ).toEqual(
    expect.arrayContaining([
      ['authorize:waiting', undefined, true, 0],
      ['authorize:in_hand', 'claimed', true, 0],
      ['authorize:announced', 'sent', false, 0],
      ['authorize:again', 'withdrawn', true, 1],
    ]),
  );
  expect(open.size).toBe(4);

  expect(await markDoubts(bridge)).toEqual({ open: 4, interventions: 4 });
  for (const [key, state, retry] of [
    ['authorize:waiting', 'claimed', 0],
    ['authorize:announced', 'claimed', 0],
    ['authorize:again', 'claimed', 1],
  ] as const)
    expect((await bridge.ledger.findLatest('m', key))?.record).toMatchObject({ state, retry });
  // A repeat must ask for the same as what may have been carried out.
  for (const [key, data] of [
    ['authorize:waiting', asked],
    ['authorize:again', mended],
  ] as const)
    expect((await bridge.ledger.findLatest('m', key))?.record.fingerprint).toBe(fingerprintOf(data));
  // A second time they have their letters.
  expect(await markDoubts(bridge)).toEqual({ open: 4, interventions: 0 });
});

async function letter(key: string): Promise<void> {
  const named = { merchantId: 'm', idempotencyKey: key, operation: 'authorize', paymentId: 'p', retry: 0 };
  const made = letterOfOperation(
    { ...named, reason: 'unanswered', record: undefined, request: undefined },
    started.bridge.config,
  );
  await writer.write(letterSubject('interventions', 'm', 'authorize'), made.body, letterHeaders(made));
}

it('is what only letters, notes of late answers or the audit speak of, where ledger and archive are behind', async () => {
  const { bridge } = started;
  const before = new Set((await openOperations(bridge.connection, bridge.config)).keys());
  await letter('authorize:letter_only');
  await letter('authorize:answered'); // and its record says so
  const note = {
    ...{ operation: 'authorize', merchant_id: 'm', idempotency_key: 'authorize:note_only', connector: 'c' },
    ...{ payment_id: 'p', attempt_id: 'a', correlation_id: 'i', alias: 'bridge:authorize:note_only' },
    ...{ webhook_url: 'http://hyperswitch.example/hook', request: {}, test_mode: true, retry: 0 },
  };
  const subject = lateSubject('m', 'authorize:note_only');
  await writer.write(subject, Buffer.from(JSON.stringify(note)), {});
  await record('authorize:audit_only', 'withdrawn');
  const named = { merchantId: 'm', operation: 'authorize', paymentId: 'p', queue: 'dead_letters', seq: 99 };
  const retried = { ...named, idempotencyKey: 'authorize:audit_only', retry: 1 };
  await writeAudit(bridge.connection, { action: 'retry', who: 'jo', why: 'again', what: retried });

  const open = await openOperations(bridge.connection, bridge.config);
  const keys = [...open.values()].map(({ idempotencyKey }) => idempotencyKey);
  expect(open.size - before.size).toBe(3);
  expect(keys).toEqual(
    expect.arrayContaining(['authorize:letter_only', 'authorize:note_only', 'authorize:audit_only']),
  );
  // The first has its letter.
  expect(await markDoubts(bridge)).toMatchObject({ interventions: 2 });
  for (const [key, retry] of [
    ['authorize:letter_only', 0],
    ['authorize:note_only', 0],
    ['authorize:audit_only', 1],
  ] as const)
    expect((await bridge.ledger.findLatest('m', key))?.record).toMatchObject({ state: 'claimed', retry });
});

it('loses a letter that was taken out where it came from, and only that', async () => {
  const { bridge } = started;
  const manager = await jetstreamManager(await bridge.connection.get());
  const stream = QUEUE_STREAM.interventions;
  await letter('authorize:discarded');
  const { last_seq: seq, messages } = (await manager.streams.info(stream)).state;
  const what = { queue: 'interventions', seq, merchantId: 'm', idempotencyKey: 'authorize:discarded' };
  await writeAudit(bridge.connection, { action: 'discard', who: 'jo', why: 'settled', what });
  await markDoubts(bridge);
  await expect(manager.streams.getMessage(stream, { seq })).resolves.toBeNull();
  // It is in doubt without its own letter: another one is written.
  expect((await manager.streams.info(stream)).state.messages).toBe(messages);
});

it('is not what ended so long ago that the ledger has let go of it, and archive or audit have not', async () => {
  const { bridge } = started;
  const manager = await jetstreamManager(await bridge.connection.get());
  await request('authorize:long_ago');
  await letter('authorize:unsettled');
  const what = { merchantId: 'm', operation: 'authorize', idempotencyKey: 'authorize:retried_long_ago' };
  await writeAudit(bridge.connection, {
    action: 'retry',
    who: 'jo',
    why: 'again',
    what: { ...what, retry: 1 },
  });
  const keysAt = async (now: number) =>
    [...(await openOperations(bridge.connection, bridge.config, now)).values()].map(
      ({ idempotencyKey }) => idempotencyKey,
    );
  const all = ['authorize:long_ago', 'authorize:retried_long_ago', 'authorize:unsettled'];
  await expect.poll(() => keysAt(Date.now())).toEqual(expect.arrayContaining(all));
  await manager.streams.purge(RECORD_STREAM);
  await manager.streams.purge(LATE_STREAM);
  const later = await keysAt(Date.now() + retentionOf(bridge.config).ledger);
  expect(later).toContain('authorize:unsettled');
  expect(later).not.toContain('authorize:long_ago');
  expect(later).not.toContain('authorize:retried_long_ago');
});
