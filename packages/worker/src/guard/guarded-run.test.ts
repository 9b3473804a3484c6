import { setTimeout as sleep } from 'node:timers/promises';
import {
  applyTopology,
  createRecordStore,
  createRecordWriter,
  RecordChangedError,
  type RecordStore,
  type StoredRecord,
  StoreUnconfirmedError,
} from '@nats-bridge/messaging';
import {
  decodeBody,
  encodeBody,
  type NewRecord,
  parseRecord,
  RECORD_PATTERN,
  RECORD_STREAM,
  recordHeaders,
} from '@nats-bridge/protocol';
import { jetstreamManager } from '@nats-io/jetstream';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { Handlers } from '../handler.js';
import { FIRST_DELIVERY } from '../testing/first-delivery.js';
import { brokerForFile, createScene, requestOf, type SceneOptions } from '../testing/scene.js';
import { runGuarded } from './guarded-run.js';
import type { Claim } from './held-claim.js';

const broker = brokerForFile();
let records: RecordStore;

beforeAll(async () => {
  await applyTopology(broker.connection, {
    streams: [{ name: RECORD_STREAM, subjects: [RECORD_PATTERN], allowDirect: true }],
    consumers: [],
  });
  records = createRecordStore(broker.connection, {
    stream: RECORD_STREAM,
    writer: createRecordWriter(broker.connection),
  });
});

let keys = 0;
const success = { status: 'success', transaction_id: 'txn_1' } as const;

async function scene(handlers: Handlers, options?: SceneOptions) {
  const made = await createScene(broker, handlers, options);
  const operation = Object.keys(handlers)[0] ?? '';
  const subject = `hyperswitch.operations.m.key-${++keys}`;
  const history = async () => {
    const { direct } = await jetstreamManager(broker.nats);
    const states: string[] = [];
    for (let seq = 1; ; seq++) {
      const message = await direct
        .getMessage(RECORD_STREAM, { next_by_subj: subject, seq })
        .catch(() => null);
      if (message === null) return states;
      seq = message.seq;
      states.push(message.header.get('X-Record'));
    }
  };
  const last = async () => {
    const stored = await records.read(subject);
    return stored && { ...parseRecord(stored.headers, stored.seq, 0), body: stored.body };
  };
  /** What another has written. */
  const written = (record: Partial<NewRecord>, body = '') =>
    records.write(
      subject,
      Buffer.from(body),
      recordHeaders({ state: 'claimed', retry: 0, by: 'another', ...record }),
      0,
    );
  return {
    ...made,
    subject,
    history,
    last,
    written,
    send: (id: string, sent: Parameters<typeof made.send>[1] = {}) =>
      made.send(id, { replyTo: subject, ...sent }),
    amountOf: (id: string, amount: number) => {
      const request = requestOf(id, operation);
      return encodeBody({ ...request, router_data: { ...request.router_data, request: { amount } } });
    },
  };
}

describe('a record that others keep changing', () => {
  it('is looked at again each time, and left to them after the fifth: let them finish', async () => {
    const read = vi.fn(async () => undefined);
    const write = vi.fn(async () => {
      throw new RecordChangedError('s', 0);
    });
    const run = vi.fn();
    const ending = await runGuarded(
      FIRST_DELIVERY,
      { records: { read, write }, now: () => 1_000, sleep: async () => {}, leaseMs: 2_000 },
      run,
    );
    expect(ending).toEqual({ kind: 'wait', ms: 1_000 });
    expect([read.mock.calls.length, write.mock.calls.length, run.mock.calls.length]).toEqual([5, 5, 0]);
  });

  it('that cannot be written for another reason is not begun', async () => {
    const records: RecordStore = {
      read: async () => undefined,
      write: () => Promise.reject(new Error('no space left')),
    };
    const run = vi.fn();
    const world = { records, now: () => 1_000, sleep: async () => {}, leaseMs: 2_000 };
    await expect(runGuarded(FIRST_DELIVERY, world, run)).rejects.toThrow('no space left');
    expect(run).not.toHaveBeenCalled();
  });
});

describe('a claim whose confirmation was lost', () => {
  /** Stores like the broker does, and loses the confirmation of some writes. */
  function lossyRecords(isLost: (write: number) => boolean) {
    const stored: StoredRecord[] = [];
    const last = () => stored.at(-1);
    const put = (headers: Readonly<Record<string, string>>, body: Uint8Array = new Uint8Array()) => {
      stored.push({ subject: 's', body, headers, seq: stored.length + 1, storedAt: new Date(0) });
      return stored.length;
    };
    let writes = 0;
    const records: RecordStore = {
      read: async () => last(),
      write: async (subject, body, headers, expectedSeq) => {
        if ((last()?.seq ?? 0) !== expectedSeq) throw new RecordChangedError(subject, expectedSeq);
        const seq = put(headers, body);
        if (isLost(++writes)) throw new StoreUnconfirmedError(subject, 1);
        return seq;
      },
    };
    return { records, put, states: () => stored.map(({ headers }) => headers['X-Record']) };
  }
  const reply = { body: encodeBody(success), headers: {} };
  let now = 1_000;
  const worldOf = (records: RecordStore) => ({
    records,
    now: () => now,
    sleep: async () => {},
    leaseMs: 2_000,
  });

  it("is this run's claim: it begins, as the first attempt", async () => {
    const { records, states } = lossyRecords((write) => write === 1);
    const write = vi.fn(records.write);
    const run = vi.fn(async (_: Claim) => reply);
    const world = worldOf({ ...records, write });
    expect(await runGuarded(FIRST_DELIVERY, world, run)).toEqual({ kind: 'answered', attempt: 1 });
    expect(run).toHaveBeenCalledOnce();
    expect(states()).toEqual(['claimed', 'answered']);
    // Behind the claim that was read, at the first try.
    expect(write.mock.calls.map(([, , , expectedSeq]) => expectedSeq)).toEqual([0, 1]);
  });

  it('is not begun where another has claimed in the meantime', async () => {
    const { records, put } = lossyRecords(() => false);
    const write: RecordStore['write'] = async (subject) => {
      put(recordHeaders({ state: 'claimed', retry: 0, by: 'another', correlationId: 'c', attempt: 1 }));
      throw new StoreUnconfirmedError(subject, 1);
    };
    const run = vi.fn(async (_: Claim) => reply);
    await expect(runGuarded(FIRST_DELIVERY, worldOf({ ...records, write }), run)).rejects.toThrow();
    expect(run).not.toHaveBeenCalled();
  });

  it('is not taken for its own by another delivery that this worker has in hand, begun in the same millisecond', async () => {
    const { records, states } = lossyRecords((write) => write === 1);
    const refused: RecordStore['write'] = async (...write) => {
      const isFirst = states().length === 0;
      if (!isFirst && write[3] === 0) throw new StoreUnconfirmedError('s', 1);
      return records.write(...write);
    };
    const run = vi.fn(async (_: Claim) => reply);
    const world = worldOf({ ...records, write: refused });
    const [first, second] = await Promise.allSettled([
      runGuarded(FIRST_DELIVERY, world, run),
      runGuarded(FIRST_DELIVERY, world, run),
    ]);
    expect(first).toMatchObject({ status: 'fulfilled', value: { kind: 'answered' } });
    expect(second).toMatchObject({ status: 'rejected' });
    expect(run).toHaveBeenCalledOnce();
  });

  it('was renewed all the same: the run goes on, and renews it again', async () => {
    const { records, states } = lossyRecords((write) => write === 2);
    const ending = await runGuarded(FIRST_DELIVERY, worldOf(records), async (claim) => {
      const lost = claim.lost();
      for (let beat = 0; beat < 3; beat++) {
        now += 600;
        await claim.renew();
        expect(lost.aborted).toBe(false);
      }
      return reply;
    });
    expect(ending).toEqual({ kind: 'answered', attempt: 1 });
    expect(states()).toEqual(['claimed', 'claimed', 'claimed', 'claimed', 'answered']);
  });

  it('is lost when another attempt stands there, though of the same worker', async () => {
    const { records, put } = lossyRecords(() => false);
    const ending = await runGuarded(FIRST_DELIVERY, worldOf(records), async (claim) => {
      put(recordHeaders({ state: 'claimed', retry: 0, by: 'w', correlationId: 'c', attempt: 2 }));
      now += 600;
      await claim.renew();
      expect(claim.lost().aborted).toBe(true);
      throw new Error('given up');
    });
    expect(ending).toMatchObject({ kind: 'failed', attempt: 1 });
  });

  it('is given back for others, by the sequence that it has', async () => {
    const { records } = lossyRecords((write) => write === 2);
    await runGuarded(FIRST_DELIVERY, worldOf(records), async (claim) => {
      now += 600;
      await claim.renew();
      throw new TypeError('no');
    });
    const { headers = {} } = (await records.read('s')) ?? {};
    expect(parseRecord(headers, 0, 0)).toMatchObject({ reason: 'TypeError', leaseUntil: now });
  });
});

describe('a guarded run', () => {
  it('writes the claim before the effect and the answer after it, with what the ledger wants to know', async () => {
    let during: readonly string[] = [];
    const { worker, send, history, last, happened } = await scene({
      authorize: async () => {
        during = await seen();
        return success;
      },
    });
    const seen = history;
    await worker.start();
    const { seq } = await send('c1');
    await happened('answered');
    expect(during).toEqual(['claimed']);
    expect(await history()).toEqual(['claimed', 'answered']);
    const record = await last();
    expect(record).toMatchObject({
      state: 'answered',
      operation: 'authorize',
      paymentId: 'p',
      correlationId: 'c1',
      attempt: 1,
      requestSeq: seq,
    });
    expect(record?.claimedAt).toBeGreaterThanOrEqual(record?.requestedAt ?? Number.NaN);
    expect(decodeBody(record?.body ?? new Uint8Array())).toMatchObject(success);
    await worker.stop();
  });

  it('says the first answer to a repeat, beyond the duplicate window too, and runs nothing', async () => {
    const handler = vi.fn(() => success);
    const { worker, send, happened } = await scene({ authorize: handler });
    await worker.start();
    const first = await send('c1');
    await first.reply();
    const repeat = await send('c2');
    const message = await repeat.message();
    expect(message.headers?.get('X-Correlation-Id')).toBe('c2');
    expect(decodeBody(message.data)).toMatchObject(success);
    await happened('resent');
    expect(handler).toHaveBeenCalledOnce();
    await worker.stop();
  });

  it('refuses another content under the same key, and leaves the record alone', async () => {
    const handler = vi.fn(() => success);
    const { worker, send, happened, amountOf, history } = await scene({ authorize: handler });
    await worker.start();
    await (await send('c1', { body: amountOf('c1', 1) })).reply();
    await send('c2', { body: amountOf('c2', 2) });
    await happened('conflict');
    expect(handler).toHaveBeenCalledOnce();
    expect(await history()).toEqual(['claimed', 'answered']);
    await worker.stop();
  });

  it('hands a failed run to whoever comes next, as another attempt', async () => {
    const attempts: number[] = [];
    const { worker, send, last, happened } = await scene({
      refund: (_, { attempt }) => {
        attempts.push(attempt);
        if (attempt === 1) throw new TypeError('card 4242424242424242 is not a string');
        return success;
      },
    });
    await worker.start();
    await send('c1');
    await happened('handler_failed');
    expect(await last()).toMatchObject({ state: 'claimed', attempt: 1, reason: 'TypeError' });
    await happened('answered');
    expect(attempts).toEqual([1, 2]);
    await worker.stop();
  });

  it('waits for the lease of a worker that died, then runs as the next attempt, after the deadline too', async () => {
    const claimedAt = Date.now() - 86_400_000;
    const handler = vi.fn((_, { attempt, earlierAt, signal }) => {
      expect(signal.aborted).toBe(false);
      expect(earlierAt).toBe(claimedAt);
      return { ...success, transaction_id: `attempt ${attempt}` };
    });
    const { worker, send, written, happened } = await scene({ authorize: handler });
    await written({ leaseUntil: Date.now() + 700, attempt: 1, claimedAt });
    const { reply } = await send('c1', { deadlineAt: Date.now() + 300 });
    const sentAt = Date.now();
    await worker.start();
    expect(await reply()).toMatchObject({ transaction_id: 'attempt 2' });
    expect(Date.now() - sentAt).toBeGreaterThan(500);
    await happened('answered');
    expect(handler).toHaveBeenCalledOnce();
    await worker.stop();
  });

  it('never runs what was withdrawn, and notes what came too late', async () => {
    const handler = vi.fn(() => success);
    const { worker, send, written, happened } = await scene({ authorize: handler });
    await written({ state: 'withdrawn' });
    await worker.start();
    await send('c1');
    await happened('dropped');
    await worker.stop();

    const late = await scene({ authorize: handler });
    await late.send('c1', { deadlineAt: Date.now() - 1 });
    await late.worker.start();
    await late.happened('expired');
    expect(await late.last()).toMatchObject({ state: 'withdrawn', reason: 'expired' });
    expect(handler).not.toHaveBeenCalled();
    await late.worker.stop();
  });

  it('runs what was withdrawn when a person has it sent again', async () => {
    const { worker, send, written, happened, last } = await scene({ authorize: () => success });
    await written({ state: 'withdrawn' });
    await worker.start();
    await send('c1', { retry: 1 });
    await happened('answered');
    expect(await last()).toMatchObject({ state: 'answered', retry: 1 });
    await worker.stop();
  });

  it('keeps its lease while a handler is slow: a repeat waits, and gets its answer', async () => {
    const handler = vi.fn(async () => {
      await sleep(2_500);
      return success;
    });
    const { worker, send, happened, history } = await scene({ authorize: handler });
    await worker.start();
    const first = await send('c1');
    await vi.waitFor(() => expect(handler).toHaveBeenCalledOnce());
    await sleep(1_500); // the consumer's ack wait is 1 s
    const repeat = await send('c2');
    await Promise.all([first.reply(), repeat.reply()]);
    await happened('resent');
    expect(handler).toHaveBeenCalledOnce();
    expect((await history()).filter((state) => state === 'claimed').length).toBeGreaterThan(1);
    await worker.stop();
  });

  it('lets the first answer stand when two workers came to one, and says so', async () => {
    const other = { status: 'success', transaction_id: 'theirs' };
    const { worker, send, subject, last, happened } = await scene({
      authorize: async () => {
        const { seq = 0 } = (await current()) ?? {};
        await records.write(
          subject,
          encodeBody(other),
          recordHeaders({ state: 'answered', retry: 0, by: 'another' }),
          seq,
        );
        return success;
      },
    });
    const current = last;
    await worker.start();
    await send('c1');
    await happened('superseded');
    expect(decodeBody((await last())?.body ?? new Uint8Array())).toEqual(other);
    await worker.stop();
  });

  it('runs nothing while its claim cannot be stored, and needs no second run when an answer cannot', async () => {
    const manager = await jetstreamManager(broker.nats);
    const limit = (max_msg_size: number) => manager.streams.update(RECORD_STREAM, { max_msg_size });
    const handler = vi.fn(async () => {
      await limit(600);
      return { ...success, connector_response: 'x'.repeat(2_000) };
    });
    const { worker, send, happened, last } = await scene({ authorize: handler });
    try {
      await limit(10);
      await worker.start();
      await send('c1');
      await happened('reply_failed');
      expect(handler).not.toHaveBeenCalled();
      await limit(-1);
      await vi.waitFor(() => expect(handler).toHaveBeenCalledOnce(), 5_000);
      await sleep(300);
      expect(await last()).toMatchObject({ state: 'claimed' });
    } finally {
      await limit(-1);
    }
    await happened('answered');
    expect(handler).toHaveBeenCalledOnce();
    await worker.stop();
  });
});
