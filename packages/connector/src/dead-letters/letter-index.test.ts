import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deleteStored, type EmbeddedServer, startEmbeddedServer } from '@nats-bridge/messaging';
import { HEADER, letterSubject, QUEUE_STREAM, type Queue } from '@nats-bridge/protocol';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { headers as natsHeaders } from '@nats-io/nats-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NatsBridge } from '../nats-bridge.js';
import { letterHeaders } from './dead-letter.js';
import { createDeadLetters, type DeadLetters } from './dead-letters.js';
import { createLetterIndex, type LetterIndex } from './letter-index.js';

let server: EmbeddedServer;
let bridge: NatsBridge;
let walked: DeadLetters;
let index: LetterIndex;

beforeEach(async () => {
  server = await startEmbeddedServer({
    storeDir: mkdtempSync(join(tmpdir(), 'nats-bridge-letters-')),
    syncInterval: '2m',
  });
  bridge = new NatsBridge({ base_url: server.url });
  await bridge.prepare();
  walked = createDeadLetters(bridge);
  index = createLetterIndex(bridge);
});
afterEach(async () => {
  walked.close();
  await bridge.close();
  await server.kill();
});

async function giveUp(queue: Queue, number: number, merchantId = 'm'): Promise<void> {
  const headers = natsHeaders();
  const letter = letterHeaders({
    merchantId,
    operation: 'authorize',
    paymentId: `pay_${number}`,
    idempotencyKey: `authorize:att_${number}`,
    reason: 'max_deliver',
    error: undefined,
    attempts: 5,
    worker: undefined,
    verdict: 'never_sent',
    retry: 0,
    original: {
      stream: 'PAYMENTS',
      seq: number,
      subject: 'hyperswitch.payments.m.authorize',
      consumer: 'c',
      msgId: '',
    },
    requestHeaders: {
      [HEADER.paymentId]: `pay_${number}`,
      [HEADER.idempotencyKey]: `authorize:att_${number}`,
    },
    body: new Uint8Array(),
  });
  for (const [name, value] of Object.entries(letter)) headers.set(name, value);
  await jetstream(await bridge.connection.get()).publish(
    letterSubject(queue, merchantId, 'authorize'),
    'the request',
    {
      headers,
    },
  );
}

/** What a walk through the streams finds, without the requests. */
async function expectSameAsWalk(): Promise<void> {
  const all = (await walked.list()).map(({ body: _, requestHeaders: __, ...summary }) => summary);
  const byName = (a: { queue: string; seq: number }, b: { queue: string; seq: number }) =>
    a.queue.localeCompare(b.queue) || a.seq - b.seq;
  expect([...(await index.list())].sort(byName)).toEqual(all.sort(byName));
}

const managed = async () => (await jetstreamManager(await bridge.connection.get())).streams;

describe('the index of letters', () => {
  it('knows what a walk through the streams finds, whatever is new and whatever is gone', async () => {
    const stream = QUEUE_STREAM.dead_letters;
    await expectSameAsWalk();
    for (let number = 1; number <= 8; number++) await giveUp('dead_letters', number);
    await giveUp('interventions', 9);
    await expectSameAsWalk();
    // In the middle, the first and the last; and a new one in the same breath.
    for (const seq of [4, 1, 8]) {
      await deleteStored(bridge.connection, stream, seq);
      await expectSameAsWalk();
    }
    await deleteStored(bridge.connection, stream, 5);
    await giveUp('dead_letters', 10);
    await expectSameAsWalk();
    await (await managed()).purge(stream);
    await expectSameAsWalk();
    await giveUp('dead_letters', 11);
    await expectSameAsWalk();
    expect((await index.list()).map(({ paymentId }) => paymentId).sort()).toEqual(['pay_11', 'pay_9']);
  });

  it('begins anew with a stream that was made anew', async () => {
    for (let number = 1; number <= 3; number++) await giveUp('dead_letters', number);
    await expectSameAsWalk();
    const streams = await managed();
    const { config } = await streams.info(QUEUE_STREAM.dead_letters);
    await streams.delete(QUEUE_STREAM.dead_letters);
    await streams.add(config);
    for (let number = 4; number <= 8; number++) await giveUp('dead_letters', number);
    await expectSameAsWalk();
  });

  it('takes none for safe from before the work stream was made anew, and finds none as such', async () => {
    await giveUp('dead_letters', 1);
    expect(await index.list({ verdict: 'never_sent' })).toHaveLength(1);
    const streams = await managed();
    await streams.delete('PAYMENTS');
    await bridge.close();
    bridge = new NatsBridge({ base_url: server.url });
    await bridge.prepare();
    walked = createDeadLetters(bridge);
    index = createLetterIndex(bridge);
    await giveUp('dead_letters', 2);
    await expectSameAsWalk();
    expect(await index.list({ verdict: 'never_sent' })).toMatchObject([{ paymentId: 'pay_2' }]);
    expect(await walked.get('dead_letters', 1)).toMatchObject({ verdict: 'unknown' });
  });

  it('is narrowed as a walk is, newest first, and keeps no request', async () => {
    await giveUp('dead_letters', 1, 'm');
    await giveUp('dead_letters', 2, 'n');
    await giveUp('interventions', 3, 'n');
    expect((await index.list({ merchantId: 'n' })).map(({ paymentId }) => paymentId)).toEqual([
      'pay_3',
      'pay_2',
    ]);
    expect(await index.list({ queue: 'dead_letters', merchantId: 'n' })).toMatchObject([
      { paymentId: 'pay_2' },
    ]);
    expect(JSON.stringify(await index.list())).not.toContain('the request');
  });

  it('serves many who look at once, and goes on after a look that failed', async () => {
    await giveUp('dead_letters', 1);
    const streams = await managed();
    const { config } = await streams.info(QUEUE_STREAM.dead_letters);
    await streams.delete(QUEUE_STREAM.dead_letters);
    await expect(index.list()).rejects.toThrow();
    await streams.add(config);
    await giveUp('dead_letters', 2);
    const looks = await Promise.all(Array.from({ length: 20 }, () => index.list()));
    for (const found of looks) expect(found).toMatchObject([{ paymentId: 'pay_2' }]);
  });
});
