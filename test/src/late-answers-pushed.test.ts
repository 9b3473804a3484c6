/** Answers that came after their caller was told "pending" are pushed: to whom, how often, and signed with what. */
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedServer } from '@nats-bridge/messaging';
import { LATE_STREAM, lateSubject } from '@nats-bridge/protocol';
import { createWorker } from '@nats-bridge/worker';
import { jetstreamManager } from '@nats-io/jetstream';
import type { Msg } from '@nats-io/nats-core';
import { connect } from '@nats-io/transport-node';
import { describe, expect, it, vi } from 'vitest';
import {
  type Bridge,
  doubt,
  first,
  handleEvent,
  lateAnswersScene,
  type Received,
  refundRequest,
  SECRET,
  sync,
} from './late-answers-scene.js';
import { authorizeRequest, MERCHANT, money } from './stack-under-test.js';
import { until } from './until.js';

const { serverUrl, closeAfter, startBridge, startProcessor, startServeProcess, startHyperswitch } =
  lateAnswersScene();

describe('a late answer', () => {
  it('is pushed until it is taken, recognised, verified and told in full', async () => {
    const bridge = await startBridge();
    const hyperswitch = await startHyperswitch({ client: () => bridge.client, statuses: [500, 500] });
    const processor = await startProcessor({ network_transaction_id: 'ntx_1' });
    await doubt(bridge, 'att_1', hyperswitch.url);
    expect(hyperswitch.received).toEqual([]);
    const releasedAt = Date.now();
    processor.release();
    await until('the third attempt', () => (hyperswitch.received.length === 3 ? true : undefined));

    const [one, two, three] = hyperswitch.received as [Received, Received, Received];
    expect(one.at - releasedAt).toBeLessThan(1_500);
    expect(two.at - one.at).toBeGreaterThanOrEqual(700);
    // Of two and three together: on a busy machine the second may be heard late.
    expect(three.at - one.at).toBeGreaterThanOrEqual(2_200);
    expect(one.url).toBe('/webhooks/merchant_1/mca_1');
    expect(one.event).toEqual({
      type: 'nats_bridge.operation.settled',
      id: expect.stringMatching(/^evt_[0-9a-f]{32}$/),
      merchant_id: MERCHANT,
      operation: 'authorize',
      idempotency_key: 'authorize:att_1',
      payment_id: 'pay_of_att_1',
      attempt_id: 'att_1',
      connector_transaction_id: 'real_att_1',
      status: 'CHARGED',
      at: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    expect([two.event, three.event]).toEqual([one.event, one.event]);
    expect(one.headers).toMatchObject({ 'x-nats-bridge-event': '1', 'content-type': 'application/json' });
    const [, time, mac] = /^t=(\d+),v1=(.*)$/.exec(three.headers['x-nats-bridge-signature'] ?? '') ?? [];
    const body = Buffer.from(String(three.details.body), 'base64').toString();
    expect(mac).toBe(createHmac('sha256', SECRET).update(`${time}.${body}`).digest('hex'));

    // By ids that Hyperswitch has whatever it asked since: it looks for a connector's id first.
    expect(three.parsed).toEqual({
      event_type: 'PAYMENT_INTENT_SUCCESS',
      reference: { payment: { merchant_transaction_id: 'att_1' } },
    });
    expect(three.handled).toEqual({
      merchant_event_id: 'merchant_1_imerchantsolutions_1',
      event_type: 'PAYMENT_INTENT_SUCCESS',
      source_verified: true,
      event_content: {
        payments_response: {
          merchant_transaction_id: 'att_1',
          connector_transaction_id: 'real_att_1',
          status: 'CHARGED',
          status_code: 200,
          network_transaction_id: 'ntx_1',
        },
      },
    });
    expect(processor.executed).toEqual(['authorize:att_1']);
    expect(bridge.warnings).toEqual([
      expect.stringMatching(/did not take a late answer \(HTTP 500\): it is pushed again/),
    ]);
    await until('the note to be done with', async () => {
      const manager = await jetstreamManager(await bridge.connector.connection.get());
      const { num_ack_pending, num_pending } = await manager.consumers.info(LATE_STREAM, 'late-answers');
      return num_ack_pending + num_pending === 0 ? true : undefined;
    });
    expect(hyperswitch.received).toHaveLength(3);
  });

  it('of a refund is told as a refund, of a decline as a decline', async () => {
    const bridge = await startBridge();
    const hyperswitch = await startHyperswitch({ client: () => bridge.client });
    const processor = await startProcessor();
    const answer = await bridge.call(
      'PaymentService/Refund',
      refundRequest('ref_1', hyperswitch.url),
      'ref_1',
    );
    expect(answer).toMatchObject({ status: 'REFUND_PENDING', connector_refund_id: 'bridge:refund:ref_1' });
    processor.release();
    const refunded = await first(hyperswitch.received);
    expect(refunded.event).toMatchObject({
      operation: 'refund',
      refund_id: 'ref_1',
      connector_refund_id: 'real_ref_1',
      status: 'REFUND_SUCCESS',
    });
    expect(refunded.parsed).toEqual({
      event_type: 'WEBHOOK_REFUND_SUCCESS',
      reference: { refund: { merchant_refund_id: 'ref_1' } },
    });
    expect(refunded.handled).toMatchObject({
      source_verified: true,
      event_content: {
        refunds_response: {
          merchant_refund_id: 'ref_1',
          connector_refund_id: 'real_ref_1',
          status: 'REFUND_SUCCESS',
          refund_amount: money(100),
          status_code: 200,
        },
      },
    });

    await processor.stop();
    const declining = await startProcessor({
      status: 'failure',
      transaction_id: undefined,
      error: { code: 'card_declined', message: 'No' },
    });
    await doubt(bridge, 'att_2', hyperswitch.url);
    declining.release();
    const declined = await until('the decline', () => hyperswitch.received[1]);
    expect(declined.parsed).toMatchObject({ event_type: 'PAYMENT_INTENT_FAILURE' });
    expect(declined.handled).toMatchObject({
      source_verified: true,
      event_content: {
        payments_response: {
          connector_transaction_id: 'bridge:authorize:att_2',
          status: 'FAILURE',
          error: { connector_details: { code: 'card_declined', message: 'No' } },
        },
      },
    });
  });

  it('that came while no bridge ran is pushed by the next one, which only has the note', async () => {
    const earlier = await startBridge();
    let current = earlier;
    const hyperswitch = await startHyperswitch({ client: () => current.client });
    const processor = await startProcessor();
    await doubt(earlier, 'att_1', hyperswitch.url);
    await doubt(earlier, 'att_2', hyperswitch.url);
    await earlier.close();
    await processor.stop(); // answers, and ends
    current = await startBridge();
    await until('both events', () => (hyperswitch.received.length >= 2 ? true : undefined));
    expect(hyperswitch.received.map(({ event }) => event.attempt_id).sort()).toEqual(['att_1', 'att_2']);
    expect(hyperswitch.received[0]?.handled).toMatchObject({
      source_verified: true,
      event_content: { payments_response: { status: 'CHARGED' } },
    });
  });

  it('that comes after a restart is pushed within about a second', async () => {
    const earlier = await startBridge();
    let current = earlier;
    const hyperswitch = await startHyperswitch({ client: () => current.client });
    const processor = await startProcessor();
    await doubt(earlier, 'att_1', hyperswitch.url);
    await earlier.close();
    current = await startBridge();
    await until('the next bridge to have the note in hand', async () => {
      const manager = await jetstreamManager(await current.connector.connection.get());
      const { delivered } = await manager.consumers.info(LATE_STREAM, 'late-answers');
      return delivered.consumer_seq >= 2 ? true : undefined;
    });
    const releasedAt = Date.now();
    processor.release();
    const { at } = await first(hyperswitch.received);
    expect(at - releasedAt).toBeLessThan(1_500);
  });

  it('is pushed once, however many bridges run', async () => {
    const bridges = [await startBridge(), await startBridge(), await startBridge()];
    const [bridge] = bridges as [Bridge];
    const hyperswitch = await startHyperswitch({});
    const processor = await startProcessor();
    const attempts = Array.from({ length: 20 }, (_, index) => `att_${index}`);
    await Promise.all(attempts.map((attempt) => doubt(bridge, attempt, hyperswitch.url)));
    processor.release();
    await until('every note to be done with', async () => {
      const manager = await jetstreamManager(await bridge.connector.connection.get());
      const { num_ack_pending, num_pending } = await manager.consumers.info(LATE_STREAM, 'late-answers');
      const isDone = num_ack_pending + num_pending === 0;
      return isDone && hyperswitch.received.length >= attempts.length ? true : undefined;
    });
    expect(hyperswitch.received.map(({ event }) => event.attempt_id).sort()).toEqual([...attempts].sort());
  });

  it('is posted again, under the same id, when its bridge is killed before it was taken', {
    timeout: 60_000,
  }, async () => {
    let isHeld = true;
    const hyperswitch = await startHyperswitch({
      beforeAnswer: () => (isHeld ? new Promise(() => {}) : undefined),
    });
    const mortal = await startServeProcess();
    const asking = await startBridge();
    const processor = await startProcessor();
    await doubt(asking, 'att_1', hyperswitch.url);
    await asking.close(); // the process alone looks after it now
    processor.release();
    const one = await first(hyperswitch.received);
    expect(one.headers['x-nats-bridge-signature']).toMatch(/^t=\d+,v1=/);
    isHeld = false;
    mortal.kill('SIGKILL');
    await once(mortal, 'exit');
    const next = await startBridge();
    // Its note is delivered again when nobody has acknowledged it for as long as one may take.
    const again = await vi.waitFor(
      () => {
        const [, second] = hyperswitch.received;
        if (second === undefined) throw new Error('it was not posted again');
        return second;
      },
      { timeout: 40_000 },
    );
    expect(again.event).toEqual(one.event);
    expect(await handleEvent(next.client, again.details, SECRET)).toMatchObject({ source_verified: true });
  });

  it('of a worker that only responds is recorded by the bridge that asked, and pushed', async () => {
    const bridge = await startBridge();
    const hyperswitch = await startHyperswitch({ client: () => bridge.client });
    const nats = await connect({ servers: serverUrl() });
    closeAfter(() => nats.close());
    const asked: Msg[] = [];
    nats.subscribe('hyperswitch.payments.*.authorize', {
      queue: 'workers',
      callback: (_error, message) => {
        asked.push(message);
      },
    });
    await nats.flush();
    await doubt(bridge, 'att_1', hyperswitch.url);
    asked[0]?.respond(JSON.stringify({ status: 'success', transaction_id: 'real_att_1' }));
    const told = await first(hyperswitch.received);
    expect(told.event).toMatchObject({ status: 'CHARGED', connector_transaction_id: 'real_att_1' });
    expect(told.handled).toMatchObject({ source_verified: true });
  });

  it('is noted and pushed when it was NATS that was away', { timeout: 60_000 }, async () => {
    const storeDir = mkdtempSync(join(tmpdir(), 'nats-bridge-late-'));
    let other = await startEmbeddedServer({ storeDir, syncInterval: '2m' });
    closeAfter(async () => {
      await other.stop();
      rmSync(storeDir, { recursive: true, force: true });
    });
    const bridge = await startBridge(undefined, { base_url: other.url, request_timeout_ms: 5_000 });
    const hyperswitch = await startHyperswitch({ client: () => bridge.client });
    let started = () => {};
    const begun = new Promise<void>((resolve) => {
      started = resolve;
    });
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const worker = createWorker({
      servers: other.url,
      ackWaitMs: 30_000,
      handlers: {
        authorize: async () => {
          started();
          await released;
          return { status: 'success', transaction_id: 'real_att_1' };
        },
      },
    });
    await worker.start();
    closeAfter(() => worker.stop());
    const answer = bridge.call(
      'PaymentService/Authorize',
      authorizeRequest('att_1', { webhook_url: hyperswitch.url }),
      'att_1',
    );
    await begun;
    await other.stop();
    expect(await answer).toMatchObject({ status: 'PENDING' });
    release();
    other = await startEmbeddedServer({ storeDir, syncInterval: '2m', port: other.port });
    // Bridge, worker and the requests of both for messages find their way back in their own time.
    const told = await vi.waitFor(
      () => {
        const [event] = hyperswitch.received;
        if (event === undefined) throw new Error('nothing was pushed');
        return event;
      },
      { timeout: 40_000 },
    );
    expect(told.handled).toMatchObject({ event_content: { payments_response: { status: 'CHARGED' } } });
  });

  it('that was withdrawn is told as a failure', async () => {
    const bridge = await startBridge();
    const hyperswitch = await startHyperswitch({ client: () => bridge.client });
    const processor = await startProcessor();
    await doubt(bridge, 'att_1', hyperswitch.url);
    const { ledger } = bridge.connector;
    // As a worker does that finds nobody has begun. The one that has it renews its claim meanwhile.
    await vi.waitFor(async () => {
      const entry = await ledger.findLatest(MERCHANT, 'authorize:att_1');
      if (entry === undefined) throw new Error('no record');
      await ledger.write(
        MERCHANT,
        'authorize:att_1',
        { ...entry.record, state: 'withdrawn', reason: 'expired' },
        entry.record.seq,
      );
    });
    const told = await first(hyperswitch.received);
    expect(told.event.status).toBe('FAILURE');
    expect(told.parsed).toMatchObject({ event_type: 'PAYMENT_INTENT_FAILURE' });
    expect(told.handled).toMatchObject({
      source_verified: true,
      event_content: {
        payments_response: {
          status: 'FAILURE',
          error: { connector_details: { code: 'NO_WORKERS_AVAILABLE' } },
        },
      },
    });
    expect(await sync(bridge, 'att_1', 'bridge:authorize:att_1')).toMatchObject({ status: 'FAILURE' });
    processor.release();
  });

  it('is not noted where nobody is to be told, and not while it is merely processing', async () => {
    const bridge = await startBridge();
    const processor = await startProcessor();
    for (const [attempt, webhook_url] of [
      ['att_1', undefined],
      ['att_2', 'file:///etc/passwd'],
      ['att_3', 'gopher://127.0.0.1/'],
    ] as const)
      await bridge.call(
        'PaymentService/Authorize',
        authorizeRequest(attempt, webhook_url === undefined ? {} : { webhook_url }),
        attempt,
      );
    await processor.stop();
    const prompt = await startProcessor({ status: 'processing' });
    prompt.release();
    const answer = await bridge.call(
      'PaymentService/Authorize',
      authorizeRequest('att_4', { webhook_url: 'http://127.0.0.1:9/' }),
      'att_4',
    );
    expect(answer).toMatchObject({ status: 'PENDING', status_code: 200 });
    const manager = await jetstreamManager(await bridge.connector.connection.get());
    expect((await manager.streams.info(LATE_STREAM)).state.messages).toBe(0);
  });

  it('leaves a note without card data or credentials', async () => {
    const bridge = await startBridge();
    const processor = await startProcessor();
    await doubt(bridge, 'att_1', 'http://127.0.0.1:9/');
    const manager = await jetstreamManager(await bridge.connector.connection.get());
    const note = await manager.streams.getMessage(LATE_STREAM, {
      last_by_subj: lateSubject(MERCHANT, 'authorize:att_1'),
    });
    expect(Object.keys(note?.json() as object).sort()).toEqual([
      'alias',
      'attempt_id',
      'connector',
      'correlation_id',
      'idempotency_key',
      'merchant_id',
      'operation',
      'payment_id',
      'request',
      'retry',
      'test_mode',
      'webhook_url',
    ]);
    expect(note?.json()).toHaveProperty('request', {
      merchant_transaction_id: 'att_1',
      capture_method: 'AUTOMATIC',
    });
    processor.release();
  });
});

describe('where it goes', () => {
  it('without a secret it goes out unsigned, is said once, and does not count as verified', async () => {
    const bridge = await startBridge({});
    const hyperswitch = await startHyperswitch({ client: () => bridge.client });
    const processor = await startProcessor();
    await doubt(bridge, 'att_1', hyperswitch.url);
    await doubt(bridge, 'att_2', hyperswitch.url);
    processor.release();
    await until('both', () => (hyperswitch.received.length === 2 ? true : undefined));
    for (const { headers, handled } of hyperswitch.received) {
      expect(headers).not.toHaveProperty('x-nats-bridge-signature');
      expect(handled?.source_verified ?? false).toBe(false);
      expect(handled).toMatchObject({ event_content: { payments_response: { status: 'CHARGED' } } });
    }
    expect(bridge.warnings).toEqual([expect.stringContaining('unsigned')]);
  });

  it('the secret of the account comes before that of the merchant, and that before the one for all', async () => {
    const bridge = await startBridge({
      secret: 'of all',
      secrets: { merchant_1: 'of the merchant', 'merchant_1.imerchantsolutions': SECRET },
    });
    const hyperswitch = await startHyperswitch({ client: () => bridge.client });
    const processor = await startProcessor();
    await doubt(bridge, 'att_1', hyperswitch.url);
    processor.release();
    expect((await first(hyperswitch.received)).handled).toMatchObject({ source_verified: true });
  });

  it('a host that is not allowed gets nothing, and an allowed one does', async () => {
    const hyperswitch = await startHyperswitch({});
    const strict = await startBridge({ secret: SECRET, allowed_hosts: ['hyperswitch.example'] });
    const processor = await startProcessor();
    await doubt(strict, 'att_1', hyperswitch.url);
    processor.release();
    await until('the refusal', () => strict.warnings[0]);
    expect(strict.warnings[0]).toContain('allowed_hosts does not name it');
    await strict.close();
    expect(hyperswitch.received).toEqual([]);
    await startBridge({ secret: SECRET, allowed_hosts: [hyperswitch.host] });
    expect((await first(hyperswitch.received)).event.attempt_id).toBe('att_1');
  });

  it('a redirect is not followed', async () => {
    const bridge = await startBridge();
    const elsewhere = await startHyperswitch({});
    const hyperswitch = await startHyperswitch({ statuses: [307], headers: { location: elsewhere.url } });
    const processor = await startProcessor();
    await doubt(bridge, 'att_1', hyperswitch.url);
    processor.release();
    await until('the second POST', () => hyperswitch.received[1]);
    expect(elsewhere.received).toEqual([]);
  });
});
