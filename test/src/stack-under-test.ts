/** The whole bridge for a test file: nats-server, connector, gRPC door, client and, unless refused, the sandbox. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import {
  type BridgeConfigInput,
  type BridgeEvent,
  createBridgeLogging,
  eventLine,
  fieldsOf,
  logBridge,
  NatsBridge,
} from '@nats-bridge/connector';
import { gatewayConfigSchema, startGateway } from '@nats-bridge/gateway';
import { createUcsClient } from '@nats-bridge/gateway/client';
import type { Logging } from '@nats-bridge/logging';
import { type EmbeddedServer, type EmbeddedServerOptions, startEmbeddedServer } from '@nats-bridge/messaging';
import type { JsonObject } from '@nats-bridge/protocol';
import { createSandboxWorker } from '@nats-bridge/sandbox';
import type { SealingOptions, WorkerEvent } from '@nats-bridge/worker';
import type { NatsConnection } from '@nats-io/nats-core';
import { ROOT } from './worker-process.js';

export type Mode = 'durable' | 'core';
export const MODES: readonly Mode[] = ['durable', 'core'];

export type StackOptions = {
  readonly mode?: Mode;
  readonly config?: BridgeConfigInput;
  readonly server?: Partial<EmbeddedServerOptions>;
  /** A server that runs already; it is then left running. */
  readonly runningServer?: EmbeddedServer;
  /** false: nobody answers unless the test starts somebody. */
  readonly sandbox?: boolean;
  /** With `config.sealing`. */
  readonly workerSealing?: SealingOptions;
  /** What the sandbox reports. */
  readonly onWorkerEvent?: (event: WorkerEvent) => void;
  /** `[gateway.admin]`, as it would be configured. */
  readonly admin?: object;
  /** How often the gateway looks whether an alert holds. */
  readonly alertsEveryMs?: number;
  /** Keeps a log over NATS, as the commands do. */
  readonly logging?: boolean;
  /** false: the first call makes the streams. */
  readonly prepare?: boolean;
};

export type Stack = {
  readonly server: EmbeddedServer;
  readonly bridge: NatsBridge;
  readonly grpcUrl: string;
  readonly httpUrl: string;
  /** What the connector reported, in order. */
  readonly events: BridgeEvent[];
  /** What the gateway told the operator. */
  readonly warnings: string[];
  /** Calls as Hyperswitch does: `attempt` becomes x-resource-id and part of x-reference-id. */
  call(method: string, request: JsonObject, attempt?: string, metadata?: Meta): Promise<JsonObject>;
  /** Calls a path with bytes and nothing but the metadata given. */
  raw(path: string, bytes: Uint8Array, metadata: Meta): Promise<Buffer>;
  nats(): Promise<NatsConnection>;
  /** The sandbox's clock, in milliseconds. */
  advance(ms: number): void;
  startSandbox(): Promise<void>;
  stopSandbox(): Promise<void>;
  close(): Promise<void>;
};
export type Meta = Readonly<Record<string, string | undefined>>;

export const MERCHANT = 'merchant_1';
export const METADATA: Record<string, string> = {
  'x-connector': 'imerchantsolutions',
  'x-merchant-id': MERCHANT,
  'x-tenant-id': 'public',
  'x-auth': 'header-key',
  'x-api-key': 'key',
};

export async function startServer(options: Partial<EmbeddedServerOptions> = {}) {
  const storeDir = mkdtempSync(join(tmpdir(), 'nats-bridge-system-'));
  const server = await startEmbeddedServer({ storeDir, syncInterval: '2m', ...options });
  const dispose = async () => {
    // In order takes it half a second more, for a store that nobody reads again.
    await server.kill();
    rmSync(storeDir, { recursive: true, force: true });
  };
  return { server, dispose };
}

export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const isDurable = (options.mode ?? 'durable') === 'durable';
  const started = options.runningServer === undefined ? await startServer(options.server) : undefined;
  const server = (options.runningServer ?? started?.server) as EmbeddedServer;
  const events: BridgeEvent[] = [];
  const warnings: string[] = [];
  const bridge = new NatsBridge(
    {
      request_timeout_ms: 10_000,
      jetstream_enabled: isDurable,
      ...options.config,
      base_url: server.url,
      jetstream: { num_replicas: 1, ...options.config?.jetstream },
    },
    {
      onEvent: (event) => {
        events.push(event);
        logging?.log(eventLine(event));
      },
    },
  );
  const logging: Logging | undefined = options.logging ? createBridgeLogging(bridge.config) : undefined;
  if (logging !== undefined) logBridge(bridge, logging);
  if (options.prepare ?? true) await bridge.prepare();
  const gateway = await startGateway({
    bridge,
    grpc: { port: 0 },
    http: { port: 0 },
    drainMs: 2_000,
    ...(options.admin && {
      admin: { bridge, config: gatewayConfigSchema.parse({ admin: options.admin }).admin },
      console: join(ROOT, 'packages/console/dist/site'),
    }),
    alertsEveryMs: options.alertsEveryMs,
    logging,
    onWarning: (message, ids) => {
      warnings.push(message);
      logging?.log({ level: 'warn', module: 'gateway', message, ...(ids && fieldsOf(ids)) });
    },
  });
  const client = createUcsClient(gateway.grpcUrl, {
    connector: 'imerchantsolutions',
    merchantId: MERCHANT,
    apiKey: 'key',
  });
  const rawClient = new Client(gateway.grpcUrl.replace('http://', ''), credentials.createInsecure());
  let clock = 0;
  const sandbox = createSandboxWorker({
    servers: server.url,
    jetstream: isDurable,
    ackWaitMs: bridge.config.jetstream.ack_wait,
    sealing: options.workerSealing,
    onEvent: options.onWorkerEvent,
    settleAfterMs: 1_000,
    slowMs: 1,
    now: () => clock,
  });
  if (options.sandbox ?? true) await sandbox.start();

  return {
    server,
    bridge,
    grpcUrl: gateway.grpcUrl,
    httpUrl: gateway.httpUrl,
    events,
    warnings,
    call: (method, request, attempt, metadata = {}) =>
      client.call(method, request, {
        metadata: {
          ...(attempt !== undefined && { 'x-resource-id': attempt, 'x-reference-id': `pay_of_${attempt}` }),
          ...metadata,
        },
      }),
    raw: (path, bytes, values) =>
      new Promise((resolve, reject) => {
        const metadata = new Metadata();
        for (const [name, value] of Object.entries(values))
          if (value !== undefined) metadata.set(name, value);
        const same = (buffer: Buffer) => buffer;
        const answered = (error: ServiceError | null, answer?: Buffer) =>
          error === null ? resolve(answer as Buffer) : reject(error);
        rawClient.makeUnaryRequest(`/types.${path}`, same, same, Buffer.from(bytes), metadata, answered);
      }),
    nats: () => bridge.connection.get(),
    advance: (ms) => {
      clock += ms;
    },
    startSandbox: () => sandbox.start(),
    stopSandbox: () => sandbox.stop(),
    async close() {
      client.close();
      rawClient.close();
      await gateway.close();
      await sandbox.stop();
      await bridge.close();
      await logging?.close();
      await started?.dispose();
    },
  };
}

export const money = (minorAmount: number, currency = 'EUR') => ({ minor_amount: minorAmount, currency });

export const APPROVED = '4242424242424242';

export const cardDetails = (number: string) => ({
  card_number: number,
  card_exp_month: '12',
  card_exp_year: '2030',
  card_cvc: '123',
  card_holder_name: 'Jo Doe',
});

/** What Hyperswitch sends to authorize a card payment. */
export function authorizeRequest(attempt: string, changes: JsonObject = {}, number = APPROVED): JsonObject {
  return {
    merchant_transaction_id: attempt,
    amount: money(1_250),
    capture_method: 'AUTOMATIC',
    auth_type: 'NO_THREE_DS',
    payment_method: { card: cardDetails(number) },
    test_mode: true,
    ...changes,
  };
}
