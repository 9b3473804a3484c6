/** What counts as open, by requests and records as they lie in the streams of a real server. */
import { createRecordWriter, type RecordWriter } from '@nats-bridge/messaging';
import {
  bodyOf,
  fingerprintOf,
  HEADER,
  type RecordState,
  type RouterData,
  recordHeaders,
  recordSubject,
} from '@nats-bridge/protocol';
import { jetstreamManager } from '@nats-io/jetstream';
import { afterAll, beforeAll, expect, it } from 'vitest';
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
