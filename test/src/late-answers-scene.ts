/** Bridges, processors that answer late, and a Hyperswitch that is told, on a server of their own for each test. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type BridgeConfigInput, type BridgeEvent, NatsBridge } from '@nats-bridge/connector';
import { type GatewayConfig, gatewayConfigSchema, startGateway } from '@nats-bridge/gateway';
import { createUcsClient, type UcsClient } from '@nats-bridge/gateway/client';
import type { BridgeRequest, JsonObject } from '@nats-bridge/protocol';
import { createWorker, type HandlerResponse, type Worker } from '@nats-bridge/worker';
import { expect } from 'vitest';
import { serverForEachTest } from './server-for-each-test.js';
import { authorizeRequest, MERCHANT, money } from './stack-under-test.js';
import { until } from './until.js';
import { ROOT } from './worker-process.js';

export const SECRET = 'whsec_of_the_account';
export const TIMEOUT_MS = 300;

export type Bridge = {
  readonly connector: NatsBridge;
  readonly client: UcsClient;
  readonly warnings: string[];
  readonly events: BridgeEvent[];
  call(method: string, request: JsonObject, resource?: string): Promise<JsonObject>;
  close(): Promise<void>;
};

export type Received = {
  readonly at: number;
  readonly url: string;
  readonly details: JsonObject;
  readonly headers: Readonly<Record<string, string>>;
  readonly event: JsonObject;
  parsed?: JsonObject;
  handled?: JsonObject;
};

/** Called once by a test file, before its tests. */
export function lateAnswersScene() {
  const { serverUrl, closeAfter } = serverForEachTest();

  async function startBridge(
    webhooks: object = { secret: SECRET },
    config: BridgeConfigInput = {},
  ): Promise<Bridge> {
    const events: BridgeEvent[] = [];
    const warnings: string[] = [];
    const connector = new NatsBridge(
      {
        base_url: serverUrl(),
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
    closeAfter(bridge.close);
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
      servers: serverUrl(),
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
    closeAfter(processor.stop);
    return processor;
  }

  /** A bridge as a process of its own, once it is connected. */
  async function startServeProcess(): Promise<ChildProcess> {
    const bridge = spawn(process.execPath, [join(ROOT, 'packages/cli/dist/main.js'), 'serve'], {
      env: {
        ...process.env,
        NATS_BRIDGE__BASE_URL: serverUrl(),
        NATS_BRIDGE__LOGGING__LEVEL: 'error',
        NATS_BRIDGE__JETSTREAM__NUM_REPLICAS: '1',
        GATEWAY__GRPC__PORT: '0',
        GATEWAY__HTTP__PORT: '0',
        GATEWAY__WEBHOOKS__SECRET: SECRET,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    closeAfter(async () => {
      bridge.kill('SIGKILL');
    });
    for await (const line of createInterface({ input: bridge.stdout })) if (line.includes('NATS')) break;
    bridge.stdout.resume();
    return bridge;
  }

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
    closeAfter(async () => {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    });
    const { port } = http.address() as AddressInfo;
    return { received, host: `127.0.0.1:${port}`, url: `http://127.0.0.1:${port}/webhooks/merchant_1/mca_1` };
  }

  return { serverUrl, closeAfter, startBridge, startProcessor, startServeProcess, startHyperswitch };
}

export function parseEvent(client: UcsClient, details: JsonObject): Promise<JsonObject> {
  const metadata = { 'x-auth': 'NoKey', 'x-api-key': undefined };
  return client.call('EventService/ParseEvent', { request_details: details }, { metadata });
}

export function handleEvent(
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

export const refundRequest = (refund: string, webhook_url: string): JsonObject => ({
  merchant_refund_id: refund,
  connector_transaction_id: 'pay_1',
  refund_amount: money(100),
  webhook_url,
});

export const sync = (bridge: Bridge, attempt: string, id: string, changes: JsonObject = {}) =>
  bridge.call(
    'PaymentService/Get',
    { merchant_transaction_id: attempt, connector_transaction_id: id, ...changes },
    attempt,
  );

/** Authorizes, is told "pending", and has the note of it. */
export async function doubt(bridge: Bridge, attempt: string, webhook_url: string, changes: JsonObject = {}) {
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
export const recorded = (bridge: Bridge, key: string) =>
  until(`the answer of ${key}`, () => bridge.connector.findAnswer(MERCHANT, key));

export const first = <T>(list: readonly T[], what = 'an event') => until(what, () => list[0]);
