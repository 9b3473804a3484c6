/** One letter of a request, on a real server, whoever writes it. */
import { createRecordWriter, type RecordWriter, streamState } from '@nats-bridge/messaging';
import { HEADER, QUEUE_STREAM } from '@nats-bridge/protocol';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startBridge } from '../testing/bridge-on-server.js';
import type { NewDeadLetter } from './dead-letter.js';
import { writeLetter } from './write-letter.js';

const LETTER: NewDeadLetter = {
  merchantId: 'm',
  operation: 'capture',
  paymentId: 'pay_1',
  idempotencyKey: 'capture:att_1',
  reason: 'unanswered',
  error: undefined,
  attempts: 0,
  worker: undefined,
  verdict: 'unknown',
  retry: 0,
  original: { stream: 'PAYMENTS', seq: 7, subject: 's', consumer: '', msgId: 'id' },
  requestHeaders: { [HEADER.correlationId]: 'c_1' },
  body: new Uint8Array([1]),
};

let started: Awaited<ReturnType<typeof startBridge>>;
let writers: RecordWriter[];
beforeAll(async () => {
  started = await startBridge({ jetstream: { num_replicas: 1 } });
  writers = [1, 2].map(() => createRecordWriter(started.bridge.connection));
});
afterAll(async () => {
  for (const writer of writers) writer.close();
  await started.stop();
});

it('is written once, whatever finds it was given up, and another of the same sequence besides', async () => {
  const write = (letter: NewDeadLetter) =>
    Promise.all(writers.map((writer) => writeLetter(writer, 'interventions', letter)));
  const byServer = { ...LETTER, reason: 'max_deliver', attempts: 3 };
  const first = await Promise.all([write(LETTER), write(byServer)]);
  expect(first.flat().filter(Boolean)).toHaveLength(1);
  // The stream was made again: another request has the sequence.
  const other = await write({ ...LETTER, requestHeaders: { [HEADER.correlationId]: 'c_2' } });
  expect(other.filter(Boolean)).toHaveLength(1);
  // Their requests are gone, and nothing was recorded that has an id.
  for (const key of ['capture:att_2', 'capture:att_3']) {
    const requestHeaders = { [HEADER.correlationId]: '', [HEADER.idempotencyKey]: key };
    const gone = await write({ ...LETTER, original: { ...LETTER.original, seq: 0 }, requestHeaders });
    expect(gone.filter(Boolean)).toHaveLength(1);
  }
  const { messages } = await streamState(started.bridge.connection, QUEUE_STREAM.interventions);
  expect(messages).toBe(4);
});
