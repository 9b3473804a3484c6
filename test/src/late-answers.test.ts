/** What becomes of a payment whose answer came after its caller was told "pending": pushed, recognised, and found. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type BridgeConfigInput, type BridgeEvent, NatsBridge } from '@nats-bridge/connector';
import { type GatewayConfig, gatewayConfigSchema, startGateway } from '@nats-bridge/gateway';
import { createUcsClient, type UcsClient } from '@nats-bridge/gateway/client';
import { type EmbeddedServer, startEmbeddedServer } from '@nats-bridge/messaging';
import { type BridgeRequest, type JsonObject, LATE_STREAM, lateSubject } from '@nats-bridge/protocol';
import { createWorker, type HandlerResponse, type Worker } from '@nats-bridge/worker';
import { jetstreamManager } from '@nats-io/jetstream';
import type { Msg } from '@nats-io/nats-core';
import { connect } from '@nats-io/transport-node';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { authorizeRequest, MERCHANT, money, startServer } from './stack-under-test.js';
import { until } from './until.js';
import { ROOT } from './worker-process.js';

const SECRET = 'whsec_of_the_account';
const TIMEOUT_MS = 300;

let server: EmbeddedServer;
let cleanUp: (() => Promise<void>)[];
beforeEach(async () => {
  cleanUp = [];
  const started = await startServer();
  server = started.server;
  cleanUp.push(started.dispose);
});
afterEach(async () => {
  for (const close of cleanUp.reverse()) await close();
});

type Bridge = {
  readonly connector: NatsBridge;
  readonly client: UcsClient;
  readonly warnings: string[];
  readonly events: BridgeEvent[];
  call(method: string, request: JsonObject, resource?: string): Promise<JsonObject>;
  close(): Promise<void>;
};

async function startBridge(
  webhooks: object = { secret: SECRET },
  config: BridgeConfigInput = {},
): Promise<Bridge> {
  const events: BridgeEvent[] = [];
  const warnings: string[] = [];
  const connector = new NatsBridge(
    {
      base_url: server.url,
      request_timeout_ms: 5_000,
      timeouts: { authorize: TIMEOUT_MS, refund: TIMEOUT_MS, sync: 1_000 },
      jetstream: { num_replicas: 1 },
      ...config,
    },
    { onEvent: (event) => events.push(event) },
  );
  await connector.prepare();
  const options: GatewayConfig = gatewayConfigSchema.parse({ webhooks });
  const gateway = await startGateway({
    bridge: connector,
    grpc: { port: 0 },
    http: { port: 0 },
    drainMs: 2_000,
    webhooks: options.webhooks,
    onWarning: (line) => warnings.push(line),
  });
  const client = createUcsClient(gateway.grpcUrl, {
    connector: 'imerchantsolutions',
    merchantId: MERCHANT,
    apiKey: 'key',
  });
  let isOpen = true;
  const bridge: Bridge = {
    connector,
    client,
    warnings,
    events,
    call: (method, request, resource) => {
      const ids = { 'x-resource-id': resource, 'x-reference-id': resource && `pay_of_${resource}` };
      return client.call(method, request, { metadata: ids });
    },
    async close() {
      if (!isOpen) return;
      isOpen = false;
      client.close();
      await gateway.close();
      await connector.close();
    },
  };
  cleanUp.push(bridge.close);
  return bridge;
}

/** A processor that takes the money and tells nobody until the test lets it. */
async function startProcessor(
  answer: Partial<HandlerResponse> = {},
  more: object = {},
  concurrency?: number,
) {
  const executed: string[] = [];
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const effect = async ({ operation, router_data }: BridgeRequest): Promise<HandlerResponse> => {
    const resource = router_data.refund_id ?? router_data.attempt_id;
    executed.push(`${operation}:${resource}`);
    await released;
    return { status: 'success', transaction_id: `real_${resource}`, ...answer } as HandlerResponse;
  };
  const worker: Worker = createWorker({
    servers: server.url,
    ackWaitMs: 1_000,
    concurrency,
    handlers: { authorize: effect, charge: effect, refund: effect, ...more },
  });
  await worker.start();
  let isRunning = true;
  const processor = {
    executed,
    release,
    async stop() {
      if (!isRunning) return;
      isRunning = false;
      release();
      await worker.stop();
    },
  };
  cleanUp.push(processor.stop);
  return processor;
}

/** A bridge as a process of its own, once it is connected. */
async function startServeProcess(): Promise<ChildProcess> {
  const bridge = spawn(process.execPath, [join(ROOT, 'packages/cli/dist/main.js'), 'serve'], {
    env: {
      ...process.env,
      NATS_BRIDGE__BASE_URL: server.url,
      NATS_BRIDGE__LOGGING__LEVEL: 'error',
      NATS_BRIDGE__JETSTREAM__NUM_REPLICAS: '1',
      GATEWAY__GRPC__PORT: '0',
      GATEWAY__HTTP__PORT: '0',
      GATEWAY__WEBHOOKS__SECRET: SECRET,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  cleanUp.push(async () => {
    bridge.kill('SIGKILL');
  });
  for await (const line of createInterface({ input: bridge.stdout })) if (line.includes('NATS')) break;
  bridge.stdout.resume();
  return bridge;
}

type Received = {
  readonly at: number;
  readonly url: string;
  readonly details: JsonObject;
  readonly headers: Readonly<Record<string, string>>;
  readonly event: JsonObject;
  parsed?: JsonObject;
  handled?: JsonObject;
};

/** Plays Hyperswitch: asks the bridge what it got and whether it is genuine, then answers with the next status. */
async function startHyperswitch(options: {
  /** The bridge it is configured with; without one it only listens. */
  readonly client?: () => UcsClient;
  readonly statuses?: number[];
  readonly secret?: string;
  readonly headers?: Record<string, string>;
  readonly beforeAnswer?: () => Promise<void> | undefined;
}) {
  const received: Received[] = [];
  const statuses = [...(options.statuses ?? [])];
  const http = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    );
    const one: Received = {
      at: Date.now(),
      url: request.url ?? '',
      headers,
      event: JSON.parse(body.toString('utf8')) as JsonObject,
      details: {
        method: 'HTTP_METHOD_GET', // Hyperswitch hard-codes the number 1
        uri: request.url ?? '',
        headers,
        body: body.toString('base64'),
      },
    };
    const client = options.client?.();
    if (client !== undefined) {
      one.parsed = await parseEvent(client, one.details);
      one.handled = await handleEvent(client, one.details, options.secret ?? SECRET);
    }
    received.push(one);
    await options.beforeAnswer?.();
    response.writeHead(statuses.shift() ?? 200, options.headers).end('x'.repeat(100_000));
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  cleanUp.push(async () => {
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  });
  const { port } = http.address() as AddressInfo;
  return { received, host: `127.0.0.1:${port}`, url: `http://127.0.0.1:${port}/webhooks/merchant_1/mca_1` };
}

function parseEvent(client: UcsClient, details: JsonObject): Promise<JsonObject> {
  const metadata = { 'x-auth': 'NoKey', 'x-api-key': undefined };
  return client.call('EventService/ParseEvent', { request_details: details }, { metadata });
}

function handleEvent(
  client: UcsClient,
  details: JsonObject,
  secret: string | undefined,
  metadata = {},
): Promise<JsonObject> {
  return client.call(
    'EventService/HandleEvent',
    {
      merchant_event_id: 'merchant_1_imerchantsolutions_1',
      request_details: details,
      ...(secret !== undefined && { webhook_secrets: { secret } }),
    },
    { metadata },
  );
}

const refundRequest = (refund: string, webhook_url: string): JsonObject => ({
  merchant_refund_id: refund,
  connector_transaction_id: 'pay_1',
  refund_amount: money(100),
  webhook_url,
});

const sync = (bridge: Bridge, attempt: string, id: string, changes: JsonObject = {}) =>
  bridge.call(
    'PaymentService/Get',
    { merchant_transaction_id: attempt, connector_transaction_id: id, ...changes },
    attempt,
  );

/** Authorizes, is told "pending", and has the note of it. */
async function doubt(bridge: Bridge, attempt: string, webhook_url: string, changes: JsonObject = {}) {
  const answer = await bridge.call(
    'PaymentService/Authorize',
    authorizeRequest(attempt, { webhook_url, ...changes }),
    attempt,
  );
  expect(answer).toMatchObject({
    status: 'PENDING',
    connector_transaction_id: `bridge:authorize:${attempt}`,
  });
}

/** The answer stands in the record, whoever pushes it. */
const recorded = (bridge: Bridge, key: string) =>
  until(`the answer of ${key}`, () => bridge.connector.findAnswer(MERCHANT, key));

const first = <T>(list: readonly T[], what = 'an event') => until(what, () => list[0]);

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
    const nats = await connect({ servers: server.url });
    cleanUp.push(() => nats.close());
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
    cleanUp.push(async () => {
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
    cleanUp.push(() => worker.stop());
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

describe('an event that says it is from the bridge', () => {
  let bridge: Bridge;
  let genuine: Received;
  beforeEach(async () => {
    bridge = await startBridge();
    const hyperswitch = await startHyperswitch({});
    const processor = await startProcessor(
      {},
      {
        authorize: async () => {
          await new Promise((resolve) => setTimeout(resolve, TIMEOUT_MS + 100));
          return { status: 'success', transaction_id: 'real_att_1' };
        },
      },
    );
    await doubt(bridge, 'att_1', hyperswitch.url);
    genuine = await first(hyperswitch.received);
    await processor.stop();
  });
  const forged = (changes: JsonObject): JsonObject => ({
    ...genuine.details,
    body: Buffer.from(JSON.stringify({ ...genuine.event, ...changes })).toString('base64'),
  });

  it('is verified by either secret of the call, by header names in any case, and by nothing else', async () => {
    expect(await handleEvent(bridge.client, genuine.details, SECRET)).toMatchObject({
      source_verified: true,
    });
    const rotated = await bridge.call('EventService/HandleEvent', {
      request_details: genuine.details,
      webhook_secrets: { secret: 'new', additional_secret: SECRET },
    });
    expect(rotated).toMatchObject({ source_verified: true });
    const shouted = {
      ...genuine.details,
      headers: Object.fromEntries(
        Object.entries(genuine.headers).map(([name, value]) => [name.toUpperCase(), value]),
      ),
    };
    expect(await handleEvent(bridge.client, shouted, SECRET)).toMatchObject({ source_verified: true });
    for (const secret of ['wrong', '', 'default_secret', undefined])
      expect((await handleEvent(bridge.client, genuine.details, secret)).source_verified ?? false).toBe(
        false,
      );
  });

  it('gets nothing for a forged body: what is told stands in the ledger', async () => {
    const details = forged({ status: 'FAILURE', connector_transaction_id: 'mine' });
    expect(await parseEvent(bridge.client, details)).toMatchObject({ event_type: 'PAYMENT_INTENT_SUCCESS' });
    const handled = await handleEvent(bridge.client, details, SECRET);
    expect(handled.source_verified ?? false).toBe(false);
    expect(handled).toMatchObject({
      event_type: 'PAYMENT_INTENT_SUCCESS',
      event_content: { payments_response: { status: 'CHARGED', connector_transaction_id: 'real_att_1' } },
    });
  });

  it.each([
    ['an operation that never was', { idempotency_key: 'authorize:att_never' }],
    ['another merchant', { merchant_id: 'merchant_2' }],
    ['a key that is none', { idempotency_key: '*' }],
  ])('about %s is not supported, and has no content', async (_what, changes) => {
    expect(await parseEvent(bridge.client, forged(changes))).toEqual({});
    const handled = await handleEvent(bridge.client, forged(changes), SECRET);
    expect(handled).not.toHaveProperty('event_content');
    expect(handled.source_verified ?? false).toBe(false);
  });

  it("is not told to another merchant's account", async () => {
    const handled = await handleEvent(bridge.client, genuine.details, SECRET, {
      'x-merchant-id': 'merchant_2',
    });
    expect(handled).not.toHaveProperty('event_content');
  });

  it('goes to the workers when it is not in the form of the bridge', async () => {
    const seen: string[] = [];
    const worker = createWorker({
      servers: server.url,
      ackWaitMs: 1_000,
      handlers: {
        parse_webhook: () => {
          seen.push('parse');
          return { status: 'success', response: { event_type: 'ENDPOINT_VERIFICATION' } };
        },
      },
    });
    await worker.start();
    cleanUp.push(() => worker.stop());
    const { 'x-nats-bridge-event': _, ...headers } = genuine.headers;
    for (const details of [{ ...genuine.details, headers }, forged({ type: 'charge.updated' })])
      expect(await parseEvent(bridge.client, details)).toEqual({ event_type: 'ENDPOINT_VERIFICATION' });
    expect(seen).toEqual(['parse', 'parse']);
  });
});

const MANDATE = { connector_mandate_id: { connector_mandate_id: 'mandate_1' } };
const notKnown = (): HandlerResponse => ({
  status: 'failure',
  error: { code: 'resource_missing', message: 'There is no such payment' },
});

describe('asking after a late answer', () => {
  it('is answered from the ledger by any bridge when no worker is there', async () => {
    const earlier = await startBridge();
    const processor = await startProcessor();
    await doubt(earlier, 'att_1', 'http://127.0.0.1:9/');
    await doubt(earlier, 'att_2', 'http://127.0.0.1:9/', { capture_method: 'MANUAL' });
    const alias = 'bridge:authorize:att_1';
    await processor.stop(); // answers, and ends
    await earlier.close();
    const bridge = await startBridge();
    await recorded(bridge, 'authorize:att_1');
    await recorded(bridge, 'authorize:att_2');
    const wanted = { status: 'CHARGED', connector_transaction_id: 'real_att_1', status_code: 200 };
    expect(await sync(bridge, 'att_1', alias)).toMatchObject(wanted);
    expect(await sync(bridge, 'att_1', '')).toMatchObject(wanted);
    expect(await sync(bridge, 'att_2', 'bridge:authorize:att_2')).toMatchObject({ status: 'AUTHORIZED' });
    // Who has the processor's id has heard of the payment, and an old answer is none to him.
    expect(await sync(bridge, 'att_1', 'real_att_1')).not.toHaveProperty('status');
  });

  it('about a refund, too', async () => {
    const bridge = await startBridge();
    const processor = await startProcessor();
    await bridge.call('PaymentService/Refund', refundRequest('ref_1', 'http://127.0.0.1:9/'), 'ref_1');
    await processor.stop();
    await recorded(bridge, 'refund:ref_1');
    const asked = (refund_id: string) =>
      bridge.call(
        'RefundService/Get',
        { merchant_refund_id: 'ref_1', connector_transaction_id: 'pay_1', refund_id },
        'ref_1',
      );
    for (const id of ['bridge:refund:ref_1', ''])
      expect(await asked(id)).toMatchObject({ status: 'REFUND_SUCCESS', connector_refund_id: 'real_ref_1' });
  });

  it('is answered by the worker where it knows, and from the ledger where it does not', async () => {
    let answer: HandlerResponse = {
      status: 'failure',
      error: { code: 'resource_missing', message: 'There is no such payment' },
    };
    const bridge = await startBridge();
    const processor = await startProcessor({}, { sync: () => answer });
    await doubt(bridge, 'att_1', 'http://127.0.0.1:9/');
    const alias = 'bridge:authorize:att_1';
    // While it runs, that the processor does not know it yet is no failure.
    expect(await sync(bridge, 'att_1', alias)).toMatchObject({
      status: 'PENDING',
      connector_transaction_id: alias,
    });
    processor.release();
    await recorded(bridge, 'authorize:att_1');
    expect(await sync(bridge, 'att_1', alias)).toMatchObject({
      status: 'CHARGED',
      connector_transaction_id: 'real_att_1',
    });
    answer = { status: 'success', transaction_id: 'real_att_1', attempt_status: 'VOIDED_POST_CAPTURE' };
    expect(await sync(bridge, 'att_1', alias)).toMatchObject({ status: 'VOIDED_POST_CAPTURE' });
  });

  it('finds a charge whose bridge died before it could answer, under the alias that was given for its attempt', async () => {
    const earlier = await startBridge();
    const processor = await startProcessor({}, { sync: notKnown });
    const charge = {
      merchant_charge_id: 'att_1',
      connector_recurring_payment_id: MANDATE,
      amount: money(900),
    };
    const lost = earlier.call('RecurringPaymentService/Charge', charge, 'att_1').catch(() => undefined);
    await until('the processor has it', () => processor.executed.includes('charge:att_1') || undefined);
    const bridge = await startBridge();
    const alias = 'bridge:authorize:att_1';
    for (const id of ['', alias])
      expect(await sync(bridge, 'att_1', id)).toMatchObject({
        status: 'PENDING',
        connector_transaction_id: alias,
      });
    processor.release();
    await recorded(bridge, 'charge:att_1');
    expect(await sync(bridge, 'att_1', alias)).toMatchObject({
      status: 'CHARGED',
      connector_transaction_id: 'real_att_1',
    });
    await lost;
  });

  it('is pending about what waits and nobody has begun, and what the worker says about what never came', async () => {
    const bridge = await startBridge({}, { timeouts: { authorize: 20_000 } });
    const busy = await startProcessor({}, {}, 1);
    const asked = createWorker({ servers: server.url, handlers: { sync: notKnown } });
    await asked.start();
    cleanUp.push(() => asked.stop());
    const calls = ['att_1', 'att_2'].map((attempt) =>
      bridge.call('PaymentService/Authorize', authorizeRequest(attempt, {}), attempt),
    );
    const nats = await connect({ servers: server.url });
    cleanUp.push(() => nats.close());
    const manager = await jetstreamManager(nats);
    await until('both are stored', async () =>
      (await manager.streams.info('PAYMENTS')).state.last_seq >= 2 ? true : undefined,
    );
    await until('one is in hand', () => (busy.executed.length === 1 ? true : undefined));
    const waiting = busy.executed[0] === 'authorize:att_1' ? 'att_2' : 'att_1';
    for (const id of ['', `bridge:authorize:${waiting}`])
      expect(await sync(bridge, waiting, id)).toMatchObject({
        status: 'PENDING',
        connector_transaction_id: `bridge:authorize:${waiting}`,
      });
    expect(await sync(bridge, 'att_never', '')).toMatchObject({
      status: 'FAILURE',
      error: { connector_details: { code: 'resource_missing' } },
    });
    expect(busy.executed).toHaveLength(1);
    busy.release();
    expect(await Promise.all(calls)).toMatchObject([{ status: 'CHARGED' }, { status: 'CHARGED' }]);
  });

  it('is not answered with an authorization that was voided or captured since', async () => {
    const bridge = await startBridge();
    const processor = await startProcessor(
      {},
      {
        void: () => ({ status: 'success', transaction_id: 'real_att_1' }),
        sync: () => ({ status: 'success', transaction_id: 'real_att_1', attempt_status: 'VOIDED' }),
      },
    );
    const hyperswitch = await startHyperswitch({ statuses: [] });
    await doubt(bridge, 'att_1', hyperswitch.url, { capture_method: 'MANUAL' });
    processor.release();
    const { details, event } = await first(hyperswitch.received);
    expect(event.status).toBe('AUTHORIZED');
    await bridge.call(
      'PaymentService/Void',
      { merchant_void_id: 'att_1', connector_transaction_id: 'real_att_1' },
      'att_1',
    );
    // The same event once more, as when its first acknowledgement was lost.
    expect(await handleEvent(bridge.client, details, SECRET)).toMatchObject({
      event_type: 'PAYMENT_INTENT_CANCELLED',
      event_content: { payments_response: { status: 'VOIDED' } },
    });
    await processor.stop();
    expect(await sync(bridge, 'att_1', 'bridge:authorize:att_1')).not.toHaveProperty('status');
    // While nobody can say how it stands, it is not vouched for: Hyperswitch asks by itself.
    expect(await handleEvent(bridge.client, details, SECRET)).not.toHaveProperty('source_verified', true);
  });

  it.each([
    [
      'waits for the customer',
      { redirection: { uri: { uri: 'https://bank.example/' } } },
      'AUTHENTICATION_PENDING',
    ],
    ['is being processed', {}, 'PENDING'],
  ])('is not told to be where it was when it %s, once it went on', async (_where, changes, status) => {
    const bridge = await startBridge();
    let now = 'CHARGED';
    const processor = await startProcessor(
      { status: 'processing', ...changes },
      {
        sync: () => ({ status: 'success', transaction_id: 'real_att_1', attempt_status: now }),
      },
    );
    const hyperswitch = await startHyperswitch({});
    await doubt(bridge, 'att_1', hyperswitch.url);
    processor.release();
    const { details, event } = await first(hyperswitch.received);
    expect(event.status).toBe(status);
    // Hyperswitch was away for so long, or its first acknowledgement was lost.
    const handled = () => handleEvent(bridge.client, details, SECRET);
    expect(await handled()).toMatchObject({
      source_verified: true,
      event_content: { payments_response: { status: 'CHARGED' } },
    });
    now = status;
    expect(await handled()).toMatchObject({
      source_verified: true,
      event_content: { payments_response: { status } },
    });
    await processor.stop();
    expect(await handled()).not.toHaveProperty('source_verified', true);
  });
});
