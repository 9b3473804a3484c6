import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EmbeddedServer, startEmbeddedServer } from '@nats-bridge/messaging';
import { OPERATIONS, RECORD_STREAM, type RouterData } from '@nats-bridge/protocol';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { nanos } from '@nats-io/nats-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { BridgeEvent } from './bridge-event.js';
import { eventLine } from './logging/event-line.js';
import { NatsBridge } from './nats-bridge.js';
import { DurabilityUnmetError } from './preparation/durability-unmet-error.js';

const DAY_MS = 86_400_000;

let server: EmbeddedServer;
beforeAll(async () => {
  server = await startEmbeddedServer({
    storeDir: mkdtempSync(join(tmpdir(), 'nats-bridge-connector-')),
    syncInterval: '2m',
  });
});
afterAll(() => server.kill());

const data = (changes: Partial<RouterData> = {}): RouterData => ({
  merchant_id: 'm',
  payment_id: 'pay_1',
  attempt_id: 'att_1',
  connector: 'c',
  connector_auth_type: { auth_type: 'NoKey' },
  request: { amount: { minor_amount: 1_250, currency: 'EUR' }, capture_method: 'MANUAL' },
  test_mode: true,
  ...changes,
});

async function withBridge(config: object, use: (bridge: NatsBridge) => Promise<void>): Promise<void> {
  const bridge = new NatsBridge({ base_url: server.url, ...config });
  try {
    await use(bridge);
  } finally {
    await bridge.close();
  }
}

describe('NatsBridge', () => {
  it('has a method for each operation of the catalogue', () => {
    const bridge = new NatsBridge();
    for (const name of [
      'authorize',
      'capture',
      'sync',
      'void',
      'session',
      'setupMandate',
      'tokenize',
      'refund',
      'refundSync',
    ] as const)
      expect(bridge[name]).toBeTypeOf('function');
    for (const { operation } of OPERATIONS)
      expect(
        Reflect.get(
          bridge,
          operation.replaceAll(/_([a-z])/g, (_, letter) => letter.toUpperCase()),
        ),
      ).toBeTypeOf('function');
  });

  it('connects to nothing until it is called', () => {
    expect(new NatsBridge({ base_url: 'nats://127.0.0.1:1' }).connection.state).toBe('idle');
  });

  it('refuses a wrong configuration at once', () => {
    expect(() => new NatsBridge({ request_timeout_ms: 1 })).toThrow(
      'nats_bridge.request_timeout_ms = 1 (the given values): must be at least 100',
    );
  });

  it('makes the stream as specified, and consumers for each operation', () =>
    withBridge({}, async (bridge) => {
      await bridge.prepare();
      const manager = await jetstreamManager(await bridge.connection.get());
      const { config } = await manager.streams.info('PAYMENTS');
      expect(config).toMatchObject({
        name: 'PAYMENTS',
        subjects: ['hyperswitch.payments.>'],
        retention: 'limits',
        max_msgs: 1_000_000,
        max_age: 604_800_000_000_000,
        storage: 'file',
        num_replicas: 1, // 3 where the cluster has them
        duplicate_window: 120_000_000_000,
      });
      const names: string[] = [];
      for await (const { name } of manager.consumers.list('PAYMENTS')) names.push(name);
      expect(names).toContain('hyperswitch-consumer-authorize');
      expect(names).toHaveLength(OPERATIONS.filter(({ channel }) => channel === 'payments').length);
      // Whoever limits its size is to have records refused, not lost.
      expect((await manager.streams.info(RECORD_STREAM)).config).toMatchObject({
        subjects: ['hyperswitch.operations.>'],
        discard: 'new',
      });
    }));

  it('does not start on a broker that promises less than the configured durability', async () => {
    const config = { durability: 'os_crash', monitor_url: server.monitorUrl } as const;
    await withBridge(config, async (bridge) => {
      await expect(bridge.prepare()).rejects.toBeInstanceOf(DurabilityUnmetError);
      await expect(bridge.prepare()).rejects.toMatchObject({
        code: 'STORE_REFUSED',
        message: expect.stringContaining(
          'nats_bridge.durability = "os_crash", and an acknowledged request survives "process" here',
        ),
      });
      // A payment that was in doubt, as the ledger was not quick enough for it, stays so: another one is asked for.
      let attempts = 0;
      await vi.waitFor(async () => {
        const outcome = await bridge.authorize(data({ attempt_id: `att_${attempts++}` }));
        expect(outcome).toMatchObject({ kind: 'not_sent' });
      }, 30_000);
    });
    await withBridge({ ...config, durability: 'process' }, (bridge) => bridge.prepare());
    // What cannot be seen now may be seen later: it is no reason to give up.
    await withBridge({ ...config, monitor_url: 'http://127.0.0.1:1' }, async (bridge) => {
      const refusal = await bridge.prepare().catch((error: unknown) => error);
      expect(refusal).toMatchObject({ code: 'STORE_REFUSED', message: expect.stringContaining('not known') });
      expect(refusal).not.toBeInstanceOf(DurabilityUnmetError);
    });
    expect(() => new NatsBridge({ durability: 'zone' as 'node' })).toThrow('nats_bridge.durability = "zone"');
  });

  it('keeps payments for less than an hour, where it is told to', async () => {
    const storeDir = mkdtempSync(join(tmpdir(), 'nats-bridge-connector-'));
    const own = await startEmbeddedServer({ storeDir, syncInterval: '2m' });
    try {
      const least = { base_url: own.url, jetstream: { max_age: '210s' } };
      await withBridge(least, async (bridge) => {
        await bridge.prepare();
        const manager = await jetstreamManager(await bridge.connection.get());
        for (const name of ['PAYMENTS', 'DEAD_LETTERS'])
          expect((await manager.streams.info(name)).config.max_age).toBe(nanos(210_000));
      });
    } finally {
      await own.kill();
    }
  });

  it('keeps copies of requests shorter and records longer, where it is told to, and what may have moved money until it is settled', async () => {
    const storeDir = mkdtempSync(join(tmpdir(), 'nats-bridge-connector-'));
    const own = await startEmbeddedServer({ storeDir, syncInterval: '2m' });
    const jetstream = { max_age: '2d', archive_max_age: '1h', ledger_max_age: '90d' };
    try {
      await withBridge({ base_url: own.url, jetstream, audit: { max_age: '400d' } }, async (bridge) => {
        await bridge.prepare();
        const manager = await jetstreamManager(await bridge.connection.get());
        const daysOf = async (name: string) =>
          (await manager.streams.info(name)).config.max_age / nanos(DAY_MS);
        expect(await daysOf('PAYMENTS')).toBe(2);
        expect(await daysOf('PAYMENTS_ARCHIVE')).toBe(1 / 24);
        expect(await daysOf('OPERATIONS')).toBe(90);
        expect(await daysOf('LATE_ANSWERS')).toBe(90);
        expect(await daysOf('OBJ_hyperswitch-bodies')).toBe(91);
        expect(await daysOf('DEAD_LETTERS')).toBe(2);
        expect(await daysOf('INTERVENTIONS')).toBe(0);
        expect(await daysOf('AUDIT')).toBe(400);
      });
    } finally {
      await own.kill();
    }
  });

  it('leaves a lowered limit as it is, and says so at each start until somebody lowers it', async () => {
    const storeDir = mkdtempSync(join(tmpdir(), 'nats-bridge-connector-'));
    const own = await startEmbeddedServer({ storeDir, syncInterval: '2m' });
    const startWith = async (max_age: string) => {
      const events: BridgeEvent[] = [];
      const config = { base_url: own.url, jetstream: { max_age } };
      const bridge = new NatsBridge(config, { onEvent: (event) => events.push(event) });
      await bridge.prepare();
      const manager = await jetstreamManager(await bridge.connection.get());
      return { events, manager, close: () => bridge.close() };
    };
    try {
      const first = await startWith('7d');
      expect(first.events).toEqual([]);
      await first.close();

      const lowered = await startWith('1d');
      const lines = lowered.events.map((event) => eventLine(event));
      expect(lines).toContainEqual({
        level: 'warn',
        module: 'nats',
        event: 'topology_conflict',
        message: expect.stringContaining('nats stream edit OPERATIONS --max-age=1d'),
      });
      for (const { conflict } of lowered.events.filter((event) => event.type === 'topology_conflict')) {
        const { config } = await lowered.manager.streams.info(conflict.stream);
        expect(config.max_age).toBeGreaterThanOrEqual(nanos(7 * DAY_MS));
        await lowered.manager.streams.update(conflict.stream, { max_age: nanos(DAY_MS) });
      }
      await lowered.close();

      const edited = await startWith('1d');
      expect(edited.events).toEqual([]);
      await edited.close();
    } finally {
      await own.kill();
    }
  });

  it('is ready once its streams are, and says until then what they lack', async () => {
    const storeDir = mkdtempSync(join(tmpdir(), 'nats-bridge-connector-'));
    const without = await startEmbeddedServer({ storeDir, jetstream: false });
    try {
      await withBridge({ base_url: without.url }, async (bridge) => {
        for (let probe = 0; probe < 2; probe++)
          expect(await bridge.health()).toEqual({
            isReady: false,
            detail: expect.stringContaining('Is JetStream enabled'),
          });
      });
    } finally {
      await without.stop();
    }
    await withBridge({}, async (bridge) => {
      expect(await bridge.health()).toEqual({ isReady: true, detail: expect.stringContaining('round trip') });
      const manager = await jetstreamManager(await bridge.connection.get());
      expect((await manager.streams.info('PAYMENTS')).config.name).toBe('PAYMENTS');
    });
  });

  it('answers without workers at once, and leaves nothing behind that could run later', () =>
    withBridge({}, async (bridge) => {
      await bridge.prepare();
      await bridge.authorize(data());
      const startedAt = performance.now();
      const outcome = await bridge.authorize(data({ attempt_id: 'att_2' }));
      // Milliseconds, not the 30 s of the timeout; how many is for the benchmark to say.
      expect(performance.now() - startedAt).toBeLessThan(1_000);
      expect(outcome).toMatchObject({
        kind: 'not_sent',
        status: 'FAILURE',
        statusCode: 503,
        error: { code: 'NO_WORKERS_AVAILABLE' },
      });
      const manager = await jetstreamManager(await bridge.connection.get());
      expect((await manager.streams.info('PAYMENTS')).state.messages).toBe(0);
    }));

  it('gives a repeated request its first answer, from whichever bridge', () =>
    withBridge({ request_timeout_ms: 5_000 }, (first) =>
      withBridge({ request_timeout_ms: 5_000 }, async (second) => {
        await first.prepare();
        const nats = await first.connection.get();
        // A worker as plain as can be: one pull, one reply to the record, one acknowledgement.
        const consumer = await jetstream(nats).consumers.get('PAYMENTS', 'hyperswitch-consumer-capture');
        let executions = 0;
        const messages = await consumer.consume({
          callback: (message) =>
            void (async () => {
              const { correlation_id } = message.json<{ correlation_id: string }>();
              const reply = JSON.stringify({
                status: 'success',
                transaction_id: `txn_${++executions}`,
                correlation_id,
              });
              await jetstream(nats).publish(message.headers?.get('X-Reply-To') ?? '', reply);
              message.ack();
            })(),
        });
        const request = data({ attempt_id: 'att_repeated' });
        const answers = [
          await first.capture(request),
          await first.capture(request),
          await second.capture(request),
        ];
        expect(answers.map((answer) => answer.kind === 'answered' && answer.transactionId)).toEqual([
          'txn_1',
          'txn_1',
          'txn_1',
        ]);
        expect(executions).toBe(1);
        await messages.close();
      }),
    ));

  /** As plain as can be; what it does not release waits. @returns how often each attempt came */
  async function holdingWorker(bridge: NatsBridge, isHeld: (attempt: string) => boolean) {
    await bridge.prepare();
    const nats = await bridge.connection.get();
    const consumer = await jetstream(nats).consumers.get('PAYMENTS', 'hyperswitch-consumer-capture');
    const came: string[] = [];
    const held: (() => Promise<void>)[] = [];
    const messages = await consumer.consume({
      callback: (message) => {
        const { correlation_id, router_data } = message.json<{
          correlation_id: string;
          router_data: RouterData;
        }>();
        came.push(router_data.attempt_id);
        const reply = { status: 'success', transaction_id: `of ${router_data.attempt_id}`, correlation_id };
        const answer = async () => {
          await jetstream(nats).publish(message.headers?.get('X-Reply-To') ?? '', JSON.stringify(reply));
          message.ack();
        };
        if (isHeld(router_data.attempt_id)) held.push(answer);
        else void answer();
      },
    });
    const release = () => {
      for (const answer of held.splice(0)) void answer();
    };
    return { came, release, close: () => messages.close() };
  }

  it('is in doubt after a withdrawal that the ledger refuses, because somebody has claimed it', () =>
    withBridge({ request_timeout_ms: 5_000 }, async (bridge) => {
      const nats = await bridge.connection.get();
      nats.subscribe('hyperswitch.workers.guarded.capture', {
        callback: (_, message) => void message.respond(),
      });
      const worker = await holdingWorker(bridge, () => true);
      const capturing = bridge.capture(data({ attempt_id: 'att_claimed' }));
      await vi.waitFor(() => expect(worker.came).toEqual(['att_claimed']));
      const record = (state: 'claimed' | 'withdrawn') =>
        bridge.ledger.write('m', 'capture:att_claimed', { state, retry: 0 }, 0);
      await record('claimed');
      // Of another bridge, which has not seen the claim: all hear it, and it is not stored.
      await expect(record('withdrawn')).rejects.toMatchObject({ code: 'RECORD_CHANGED' });
      expect(await capturing).toMatchObject({ kind: 'unknown' });
      await worker.close();
    }));

  it('refuses another request under a key that a worker answered who knows only the contract', () =>
    withBridge({ request_timeout_ms: 5_000 }, async (bridge) => {
      const worker = await holdingWorker(bridge, () => false);
      const asking = (minor_amount: number) =>
        bridge.capture(
          data({ attempt_id: 'att_amount', request: { amount: { minor_amount, currency: 'EUR' } } }),
        );
      expect(await asking(1_250)).toMatchObject({ kind: 'answered' });
      expect(await asking(1_250)).toMatchObject({ kind: 'answered' });
      await expect(asking(2_500)).rejects.toThrow('was used for another request');
      expect(worker.came).toEqual(['att_amount']);
      await worker.close();
    }));

  it("takes a processor's own CONFLICT for its answer, which is recorded and served like any other", () =>
    withBridge({}, async (bridge) => {
      await bridge.prepare();
      const nats = await bridge.connection.get();
      const error = { code: 'CONFLICT', message: 'the object is locked' };
      let executions = 0;
      nats.subscribe('locked', {
        callback: (_, message) => {
          executions++;
          message.respond(JSON.stringify({ status: 'failure', error }));
        },
      });
      const { consumers } = await jetstreamManager(nats);
      const config = { filter_subject: 'hyperswitch.payments.*.void', deliver_subject: 'locked' };
      const { name } = await consumers.add('PAYMENTS', { ...config, ack_policy: 'explicit' });
      const declined = { kind: 'answered', status: 'VOID_FAILED', error: { code: 'CONFLICT' } };
      expect(await bridge.void(data({ attempt_id: 'att_locked' }))).toMatchObject(declined);
      expect(await bridge.void(data({ attempt_id: 'att_locked' }))).toMatchObject(declined);
      expect(executions).toBe(1);
      const entry = await bridge.ledger.findLatest('m', 'void:att_locked');
      expect(entry).toMatchObject({ record: { state: 'answered' }, answer: { error } });
      await consumers.delete('PAYMENTS', name);
    }));

  it('waits on for one caller when the other gives up', () =>
    withBridge({ request_timeout_ms: 5_000 }, async (bridge) => {
      const worker = await holdingWorker(bridge, () => true);
      const first = new AbortController();
      const left = bridge.capture(data({ attempt_id: 'att_shared' }), { signal: first.signal });
      await vi.waitFor(() => expect(worker.came).toEqual(['att_shared']));
      const waits = bridge.capture(data({ attempt_id: 'att_shared' }));
      first.abort();
      expect(await left).toMatchObject({ kind: 'unknown', error: { code: 'CANCELLED' } });
      worker.release();
      expect(await waits).toMatchObject({ kind: 'answered', transactionId: 'of att_shared' });
      expect(worker.came).toEqual(['att_shared']);
      await worker.close();
    }));

  it('above its limit tells repeats what became of the first call, and nothing else', () =>
    withBridge({ request_timeout_ms: 5_000, max_in_flight: 1 }, async (bridge) => {
      const worker = await holdingWorker(bridge, (attempt) => attempt === 'att_held');
      await bridge.capture(data({ attempt_id: 'att_before' }));
      const doubt = new AbortController();
      const doubtful = bridge.capture(data({ attempt_id: 'att_held' }), { signal: doubt.signal });
      await vi.waitFor(() => expect(worker.came).toContain('att_held'));
      expect(await bridge.capture(data({ attempt_id: 'att_before' }))).toMatchObject({
        transactionId: 'of att_before',
      });
      expect(await bridge.capture(data({ attempt_id: 'att_new' }))).toMatchObject({
        kind: 'not_sent',
        error: { code: 'OVERLOADED' },
      });
      const repeat = bridge.capture(data({ attempt_id: 'att_held' }), { turnedAway: 'the door is full' });
      doubt.abort();
      await doubtful;
      worker.release();
      expect(await repeat).toMatchObject({ transactionId: 'of att_held' });
      const isAway = { turnedAway: 'the door is full' };
      expect(await bridge.capture(data({ attempt_id: 'att_before' }), isAway)).toMatchObject({
        transactionId: 'of att_before',
      });
      expect(await bridge.capture(data({ attempt_id: 'att_other' }), isAway)).toMatchObject({
        kind: 'not_sent',
        error: { code: 'OVERLOADED', message: 'the door is full' },
      });
      expect(worker.came).toEqual(['att_before', 'att_held']);
      await worker.close();
    }));

  it('says that NATS cannot be reached, and works once it can', async () => {
    const late = await startEmbeddedServer({
      storeDir: mkdtempSync(join(tmpdir(), 'nats-bridge-late-')),
      syncInterval: '2m',
    });
    await late.kill();
    const bridge = new NatsBridge({
      base_url: late.url,
      request_timeout_ms: 2_000,
      connection: { connect_timeout_ms: 500 },
    });
    try {
      expect(await bridge.authorize(data())).toMatchObject({
        kind: 'not_sent',
        error: { code: 'NATS_UNREACHABLE' },
      });
      await late.restart();
      expect(await bridge.authorize(data())).toMatchObject({ error: { code: 'NO_WORKERS_AVAILABLE' } });
    } finally {
      await bridge.close();
      await late.kill();
    }
  });

  it('throws for data that can never be sent', () =>
    withBridge({}, (bridge) =>
      expect(bridge.authorize(data({ merchant_id: 'x'.repeat(4_096) }))).rejects.toThrow(
        'merchant_id has 4096 characters',
      ),
    ));

  it('refuses to move money without anything to tell a repeat by', () =>
    withBridge({}, (bridge) =>
      expect(bridge.authorize(data({ attempt_id: '' }))).rejects.toThrow('names no attempt'),
    ));

  it('tells repeats what became of the first call while it closes, and refuses every other', () =>
    withBridge({ request_timeout_ms: 5_000 }, (first) =>
      withBridge({ request_timeout_ms: 5_000 }, async (second) => {
        const worker = await holdingWorker(first, (attempt) => attempt !== 'att_done');
        await first.capture(data({ attempt_id: 'att_done' }));
        const running = first.capture(data({ attempt_id: 'att_running' }));
        const cutOff = second.capture(data({ attempt_id: 'att_cut_off' }));
        await vi.waitFor(() => expect(worker.came).toHaveLength(3));
        const closing = second.close();
        const repeats = ['att_done', 'att_running', 'att_fresh'].map((attempt_id) =>
          second.capture(data({ attempt_id })),
        );
        expect(await Promise.all(repeats)).toMatchObject([
          { kind: 'answered', transactionId: 'of att_done' },
          { kind: 'unknown' },
          { kind: 'not_sent', error: { code: 'SHUTTING_DOWN' } },
        ]);
        await closing;
        expect(await cutOff).toMatchObject({ kind: 'unknown' });
        worker.release();
        expect(await running).toMatchObject({ transactionId: 'of att_running' });
        expect(worker.came).not.toContain('att_fresh');
        await worker.close();
      }),
    ));

  it('refuses calls once it closes', async () => {
    const bridge = new NatsBridge({ base_url: server.url });
    await bridge.close();
    expect(await bridge.authorize(data())).toMatchObject({
      kind: 'not_sent',
      error: { code: 'SHUTTING_DOWN' },
    });
  });
});
