import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Connection,
  createBodyReferences,
  createConnection,
  type EmbeddedServer,
  type LateReply,
  startEmbeddedServer,
} from '@nats-bridge/messaging';
import {
  answerSubject,
  BODY_BUCKET,
  HEADER,
  LATE_STREAM,
  operationRow,
  RECORD_STREAM,
  recordSubject,
} from '@nats-bridge/protocol';
import { jetstreamManager } from '@nats-io/jetstream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { encodeAnswer } from '../ledger/answer.js';
import { createLedger, type Ledger } from '../ledger/ledger.js';
import { NatsBridge } from '../nats-bridge.js';
import { NO_SEALING } from '../sealing/bridge-sealing.js';
import { exchange, memoryLedger, success } from '../testing/exchanges.js';
import { createLateAnswers, type LateAnswers } from './late-answers.js';
import { createLateReplies } from './late-replies.js';
import type { Settlement } from './settlement.js';

const storeDir = mkdtempSync(join(tmpdir(), 'nats-bridge-late-'));
let server: EmbeddedServer;
let connection: Connection;
let ledger: Ledger;
beforeAll(async () => {
  server = await startEmbeddedServer({ storeDir, syncInterval: '2m' });
  const bridge = new NatsBridge({ base_url: server.url, jetstream: { num_replicas: 1 } });
  await bridge.prepare();
  await bridge.close();
  connection = createConnection({ servers: server.url });
  ledger = createLedger(connection, createBodyReferences(connection, { bucket: BODY_BUCKET }), NO_SEALING);
});
afterAll(async () => {
  ledger.close();
  await connection.close();
  await server.kill();
  rmSync(storeDir, { recursive: true, force: true });
});

const KEY = 'authorize:att_1';
const inDoubt = exchange(
  { operation: 'authorize', row: operationRow('authorize'), key: KEY },
  { webhook_url: 'http://127.0.0.1:9/' },
);
const claimed = { state: 'claimed', operation: 'authorize', retry: 0 } as const;

describe('pushing', () => {
  const opened: LateAnswers[] = [];
  const pushers: { close(): Promise<void> }[] = [];
  const errors: unknown[] = [];
  const open = (over: Partial<Ledger> = {}): LateAnswers => {
    const onError = (error: unknown) => errors.push(error);
    const late = createLateAnswers({
      connection,
      ledger: { ...ledger, ...over },
      sealing: NO_SEALING,
      isDurable: true,
      listen: async () => {},
      onError,
    });
    late.begin();
    opened.push(late);
    return late;
  };
  const manager = async () => jetstreamManager(await connection.get());
  const notes = async () => (await (await manager()).streams.info(LATE_STREAM)).state;
  const inHand = async () => {
    const { num_ack_pending, num_pending } = await (await manager()).consumers.info(
      LATE_STREAM,
      'late-answers',
    );
    return num_ack_pending + num_pending;
  };

  beforeEach(async () => {
    const jsm = await manager();
    await jsm.streams.purge(LATE_STREAM);
    await jsm.streams.purge(RECORD_STREAM);
    errors.length = 0;
  });
  afterEach(async () => {
    for (const pusher of pushers.splice(0)) await pusher.close();
    for (const late of opened.splice(0)) late.close();
  });

  function push(late: LateAnswers, takes: () => boolean = () => true): Settlement[] {
    const delivered: Settlement[] = [];
    pushers.push(
      late.push(async (settlement) => {
        delivered.push(settlement);
        return takes();
      }),
    );
    return delivered;
  }

  it('delivers what was answered before anybody looked, once', async () => {
    await ledger.write('m', KEY, { ...claimed, state: 'answered' }, 0, encodeAnswer(success));
    const late = open();
    await late.remember(inDoubt);
    const delivered = push(late);
    await vi.waitFor(async () => expect([delivered.length, await inHand()]).toEqual([1, 0]));
    expect(delivered[0]).toMatchObject({ note: { idempotency_key: KEY }, outcome: { status: 'CHARGED' } });
  });

  it('delivers once what is answered in the moment it is looked at', async () => {
    const seq = await ledger.write('m', KEY, claimed, 0);
    let isAnswered = false;
    const late = open({
      findLatest: async (merchantId, key) => {
        if (!isAnswered) {
          isAnswered = true;
          await ledger.write('m', KEY, { ...claimed, state: 'answered' }, seq, encodeAnswer(success));
          // The news of it has come, and the note was renewed, before the ledger is read.
          await vi.waitFor(async () => expect((await notes()).last_seq).toBe(first + 1));
        }
        return ledger.findLatest(merchantId, key);
      },
    });
    await late.remember(inDoubt);
    const first = (await notes()).last_seq;
    const delivered = push(late);
    await vi.waitFor(async () => expect([delivered.length, await inHand()]).toEqual([1, 0]));
    expect(delivered).toHaveLength(1);
  });

  it('begins with its shortest pause when the answer came, however long it had been awaited', async () => {
    const seq = await ledger.write('m', KEY, claimed, 0);
    const late = open();
    await late.remember(inDoubt);
    const times: number[] = [];
    const delivered = push(late, () => {
      times.push(Date.now());
      return times.length === 2;
    });
    await vi.waitFor(
      async () => {
        const info = await (await manager()).consumers.info(LATE_STREAM, 'late-answers');
        expect(info.num_redelivered).toBeGreaterThan(0); // it was looked at more than once
      },
      { timeout: 5_000 },
    );
    await ledger.write('m', KEY, { ...claimed, state: 'answered' }, seq, encodeAnswer(success));
    await vi.waitFor(async () => expect([delivered.length, await inHand()]).toEqual([2, 0]), {
      timeout: 5_000,
    });
    const [one = 0, two = 0] = times;
    expect(two - one).toBeGreaterThanOrEqual(750);
    expect(two - one).toBeLessThan(1_500);
  });

  it('starts with its shortest pause, too, when the answer came while nobody was there', async () => {
    const seq = await ledger.write('m', KEY, claimed, 0);
    const earlier = open();
    await earlier.remember(inDoubt);
    push(earlier);
    const consumer = async () => (await manager()).consumers.info(LATE_STREAM, 'late-answers');
    const before = (await consumer()).delivered.consumer_seq;
    await vi.waitFor(
      async () => expect((await consumer()).delivered.consumer_seq - before).toBeGreaterThanOrEqual(2),
      { timeout: 10_000 },
    );
    await pushers.pop()?.close();
    await ledger.write('m', KEY, { ...claimed, state: 'answered' }, seq, encodeAnswer(success));
    const times: number[] = [];
    push(open(), () => {
      times.push(Date.now());
      return times.length === 2;
    });
    await vi.waitFor(async () => expect([times.length, await inHand()]).toEqual([2, 0]), { timeout: 15_000 });
    const [one = 0, two = 0] = times;
    expect(two - one).toBeLessThan(1_500);
  });

  it('delivers once although several bridges wait for it', async () => {
    const seq = await ledger.write('m', KEY, claimed, 0);
    const looked = [0, 0];
    const delivered: Settlement[][] = [0, 1].map((index) => {
      const late = open({
        findLatest: (merchantId, key) => {
          looked[index] = (looked[index] ?? 0) + 1;
          return ledger.findLatest(merchantId, key);
        },
      });
      return push(late);
    });
    await open().remember(inDoubt);
    await vi.waitFor(() => expect(Math.min(...looked)).toBeGreaterThan(0), { timeout: 25_000 });
    const { last_seq } = await notes();
    await ledger.write('m', KEY, { ...claimed, state: 'answered' }, seq, encodeAnswer(success));
    await vi.waitFor(async () => expect([delivered.flat().length, await inHand()]).toEqual([1, 0]), {
      timeout: 5_000,
    });
    expect((await notes()).last_seq).toBe(last_seq + 1);
  });

  it('keeps a note until the broker takes it, and the caller no longer than a second', async () => {
    const late = open();
    await (await manager()).streams.delete(LATE_STREAM);
    const startedAt = Date.now();
    await late.remember(inDoubt);
    expect(Date.now() - startedAt).toBeLessThan(1_500);
    expect(errors).toHaveLength(1);
    const bridge = new NatsBridge({ base_url: server.url, jetstream: { num_replicas: 1 } });
    await bridge.prepare();
    await bridge.close();
    await vi.waitFor(async () => expect(await late.findNote('m', KEY)).toBeDefined(), { timeout: 5_000 });
  });

  it('leaves what is no note, and says nothing of keys without one', async () => {
    const late = open();
    const nats = await connection.get();
    nats.publish('hyperswitch.late.m.rubbish', 'rubbish');
    const delivered = push(late);
    await vi.waitFor(async () => expect([(await notes()).messages, await inHand()]).toEqual([1, 0]));
    expect(delivered).toEqual([]);
    expect(await late.find('m', 'rubbish')).toBeUndefined();
    expect(await late.find('m', 'authorize:never')).toBeUndefined();
  });

  it('keeps one note for each key, and none where nobody is to be told', async () => {
    const late = open();
    await late.remember(inDoubt);
    await late.remember({ ...inDoubt, correlationId: 'again' });
    await late.remember(exchange());
    expect((await notes()).messages).toBe(1);
    expect(await late.findNote('m', KEY)).toMatchObject({ correlation_id: 'again' });
    expect(await late.find('m', KEY)).toBeUndefined();
  });
});

describe('a bridge that closes while calls wait', () => {
  it('leaves their notes behind', async () => {
    const bridge = new NatsBridge({ base_url: server.url, jetstream: { num_replicas: 1 } });
    await bridge.prepare();
    const nats = await connection.get();
    const heard = new Promise<void>((resolve) => {
      nats.subscribe('hyperswitch.payments.m.authorize', { callback: () => resolve() });
    });
    await nats.flush();
    const outcome = bridge.authorize({
      ...inDoubt.data,
      attempt_id: 'att_cut_off',
      request: { ...inDoubt.data.request, amount: { minor_amount: 1, currency: 'EUR' } },
    });
    await heard;
    await bridge.close();
    expect(await outcome).toMatchObject({ kind: 'unknown', status: 'PENDING' });
    const late = createLateAnswers({
      connection,
      ledger,
      sealing: NO_SEALING,
      isDurable: true,
      listen: async () => {},
      onError: () => {},
    });
    expect(await late.findNote('m', 'authorize:att_cut_off')).toMatchObject({ operation: 'authorize' });
    late.close();
  });
});

const CONFLICT = { status: 'failure' as const, error: { code: 'CONFLICT', message: 'another request' } };
const REFUSAL: Partial<LateReply> = {
  via: 'ack',
  headers: { [HEADER.refusal]: '1' },
  body: Buffer.from(JSON.stringify(CONFLICT)),
};

const UNREAD = {
  ...REFUSAL,
  body: Buffer.from('{"status":"failure","error":{"code":"VALIDATION_ERROR","message":"it is sealed"}}'),
};

describe('a late reply', () => {
  const reply = (changes: Partial<LateReply> = {}): LateReply => ({
    body: Buffer.from(JSON.stringify(success)),
    headers: {},
    via: 'inbox',
    receivedAt: 0,
    correlationId: 'c',
    msgId: 'm:k',
    subject: 's',
    replyTo: recordSubject('m', KEY),
    endedWith: 'TIMEOUT',
    ...changes,
  });

  const repliesInto = (ledger: Pick<Ledger, 'findLatest' | 'write'>, onUnrecorded = vi.fn()) =>
    createLateReplies({ ledger, onUnrecorded, sleep: async () => {} }, NO_SEALING);

  it('of a worker without records is recorded', async () => {
    const memory = memoryLedger();
    await memory.write('m', KEY, { ...claimed, state: 'sent' }, 0);
    const replies = repliesInto(memory);
    replies.follow(inDoubt);
    await replies.record(reply());
    expect((await memory.findLatest('m', KEY))?.answer).toEqual(success);
  });

  it('is recorded however many calls came after it', async () => {
    const memory = memoryLedger();
    await memory.write('m', KEY, { ...claimed, state: 'sent', paymentId: 'p' }, 0);
    const replies = repliesInto(memory);
    replies.follow(inDoubt);
    for (let index = 0; index < 10_000; index++)
      replies.follow({ ...inDoubt, correlationId: `later ${index}` });
    await replies.record(reply());
    expect(await memory.findLatest('m', KEY)).toMatchObject({ record: { paymentId: 'p' }, answer: success });
  });

  it('says whose it is, until it is recorded', async () => {
    const memory = memoryLedger();
    await memory.write('m', KEY, { ...claimed, state: 'sent' }, 0);
    const replies = repliesInto(memory);
    replies.follow(inDoubt);
    const { merchant_id, payment_id, attempt_id } = inDoubt.data;
    expect(replies.idsOf('c')).toEqual({
      merchantId: merchant_id,
      paymentId: payment_id,
      attemptId: attempt_id,
      correlationId: 'c',
    });
    await replies.record(reply());
    expect(replies.idsOf('c')).toBeUndefined();
  });

  it('in the words of a refusal, by a worker that says nothing of one, is what its processor said', async () => {
    const memory = memoryLedger();
    await memory.write('m', KEY, { ...claimed, state: 'sent' }, 0);
    const replies = repliesInto(memory);
    replies.follow(inDoubt);
    await replies.record(reply({ ...REFUSAL, headers: {} }));
    expect((await memory.findLatest('m', KEY))?.answer).toEqual(CONFLICT);
  });

  it.each([
    ['a worker that records for itself', 'sent', { via: 'durable' }],
    ['a question', 'sent', { replyTo: answerSubject('m', 'sync', 'b', 'c') }],
    ['a worker that refuses the delivery: the key is of another request', 'sent', REFUSAL],
    ['a worker that refuses the delivery: it cannot read it', 'sent', UNREAD],
    ['an operation that a worker has claimed', 'claimed', {}],
    ['an operation that is settled', 'withdrawn', {}],
  ] as const)('of %s is not', async (_what, state, changes) => {
    const memory = memoryLedger();
    await memory.write('m', KEY, { ...claimed, state }, 0);
    const replies = repliesInto(memory);
    replies.follow(inDoubt);
    await replies.record(reply(changes));
    expect(memory.history).toHaveLength(1);
  });

  it('is recorded when the ledger can be read and written again', async () => {
    const memory = memoryLedger();
    await memory.write('m', KEY, { ...claimed, state: 'sent' }, 0);
    let electing = 4;
    const whenElected = <Args extends unknown[], T>(ask: (...args: Args) => Promise<T>) => {
      return async (...args: Args) => {
        if (electing-- > 0) throw new Error('no leader');
        return ask(...args);
      };
    };
    const onUnrecorded = vi.fn();
    const replies = repliesInto(
      { findLatest: whenElected(memory.findLatest), write: whenElected(memory.write) },
      onUnrecorded,
    );
    replies.follow(inDoubt);
    await replies.record(reply());
    await vi.waitFor(async () => expect((await memory.findLatest('m', KEY))?.answer).toEqual(success));
    expect(onUnrecorded).not.toHaveBeenCalled();
  });

  it('that is none is not recorded, and is reported', async () => {
    const memory = memoryLedger();
    await memory.write('m', KEY, { ...claimed, state: 'sent' }, 0);
    const replies = repliesInto(memory);
    replies.follow(inDoubt);
    await expect(replies.record(reply({ body: Buffer.from('ok') }))).rejects.toMatchObject({
      code: 'INVALID_WORKER_REPLY',
    });
    expect(memory.history).toHaveLength(1);
  });
});
