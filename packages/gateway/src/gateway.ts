/** The gateway: its doors in front of one connector, opened together and closed together. */
import type { Server as TlsServer } from 'node:tls';
import type { NatsBridge } from '@nats-bridge/connector';
import type { Logging } from '@nats-bridge/logging';
import { UCS_METHODS } from '@nats-bridge/protocol';
import { type AdminConfig, namesSomebody } from './admin/admin-config.js';
import { createAdminDoor } from './admin/admin-door.js';
import { createRecentOutcomes } from './alerts/recent-outcomes.js';
import type { PaymentBridge } from './bridge.js';
import { createCertificateEnds } from './doors/certificate-ends.js';
import { createDoorTls, type DoorTlsFiles } from './doors/door-tls.js';
import { type ListenAt, listenOn, urlOf } from './doors/listen-on.js';
import { addHealthService } from './health/grpc-health.js';
import { createConsoleApp } from './http/console-files.js';
import { createHttpDoors } from './http/http-doors.js';
import { ownEvents } from './late-answers/answer-own-event.js';
import { startNotifier } from './late-answers/notifier.js';
import { type WebhookOptions, webhookOptionsSchema } from './late-answers/webhook-options.js';
import { createGatewayMetrics } from './metrics/gateway-metrics.js';
import { createBrokerFigures } from './seen/broker-figures.js';
import { createSeenCalls } from './seen/seen-calls.js';
import { createGrpcDoor } from './ucs/grpc-door.js';
import { createUcsServer } from './ucs/ucs-server.js';
import type { OnWarning } from './warning.js';

/** Where a door is, and its certificate where it speaks TLS. */
export type Door = ListenAt & { readonly tls?: DoorTlsFiles };

export type GatewayOptions = {
  readonly bridge: PaymentBridge;
  /** UCS; 127.0.0.1:8000 unless told otherwise, which is where Hyperswitch looks. Port 0 for any. */
  readonly grpc?: Partial<Door>;
  /** Health, metrics, admin API and console; 127.0.0.1:8080 unless told otherwise. Port 0 for any. */
  readonly http?: Partial<Door>;
  /** A further door for health and metrics alone, in plain HTTP; left out: there is none. Port 0 for any. */
  readonly health?: ListenAt;
  /** Take a free port where the wanted one is taken; false unless told otherwise. */
  readonly allowPortFallback?: boolean;
  /** Calls executed at once, 1000 unless told otherwise; more are answered OVERLOADED. */
  readonly maxInFlight?: number;
  /** The longest request in bytes, 4 MiB unless told otherwise. */
  readonly maxMessageBytes?: number;
  /** How long `close()` lets running calls end, in milliseconds; 35 000 unless told otherwise. */
  readonly drainMs?: number;
  /** How long a request may take to arrive at a door, in milliseconds; 30 000 unless told otherwise. */
  readonly requestTimeoutMs?: number;
  /** How often watchers of the gRPC health service are brought up to date, in milliseconds; 1000. */
  readonly healthWatchMs?: number;
  /** How often it is looked whether an alert holds, where the admin API is served, in milliseconds; 5000. */
  readonly alertsEveryMs?: number;
  /** Where late answers may be pushed to, and the secrets they are signed with; anywhere and unsigned. */
  readonly webhooks?: WebhookOptions;
  /** false: nothing is measured, and `/metrics` is not served; true unless told otherwise. */
  readonly metrics?: boolean;
  /** Serves the admin API to who is named in `config`; left out: it is not served. */
  readonly admin?: { readonly bridge: NatsBridge; readonly config: AdminConfig };
  /** Folder of the built console; it is served where the admin API is. */
  readonly console?: string;
  /** The log of this process: its levels can be changed over the admin API, and its figures are metrics. */
  readonly logging?: Logging;
  /** Told, in a line without payment data, of what no caller can see. */
  readonly onWarning?: OnWarning;
};

export type Gateway = {
  /** What Hyperswitch's `grpc_client.unified_connector_service.base_url` must say. */
  readonly grpcUrl: string;
  readonly httpUrl: string;
  readonly grpcPort: number;
  readonly httpPort: number;
  /** Undefined without a door for health and metrics alone. */
  readonly healthUrl: string | undefined;
  /** One line for each port that is not the one asked for. */
  readonly portNotes: readonly string[];
  /** Stops accepting, lets running calls end for `drainMs`, then cuts them off; the connector stays open. */
  close(): Promise<void>;
};

/**
 * @throws PortInUseError when a port is taken and no other may be chosen; Error when the console is to be served and was
 * not built. No door is open then, and nothing runs.
 */
export async function openGateway(options: GatewayOptions): Promise<Gateway> {
  const { bridge, allowPortFallback = false, drainMs = 35_000, onWarning = () => {}, logging } = options;
  const { requestTimeoutMs = 30_000 } = options;
  const grpcAt: Door = { host: '127.0.0.1', port: 8000, ...options.grpc };
  const httpAt: Door = { host: '127.0.0.1', port: 8080, ...options.http };
  const grpcTls = grpcAt.tls && createDoorTls('grpc', grpcAt.tls, onWarning);
  const httpTls = httpAt.tls && createDoorTls('http', httpAt.tls, onWarning);
  // Before anything is begun that would go on where the console was not built.
  const consoleApp =
    options.console !== undefined && options.admin && namesSomebody(options.admin.config)
      ? createConsoleApp(options.console)
      : undefined;

  let closing: Promise<void> | undefined;
  const inFlight = { count: 0, limit: options.maxInFlight ?? 1_000 };
  const certificateEnds = createCertificateEnds({
    grpc: grpcAt.tls,
    http: httpAt.tls,
    nats: bridge.observe === undefined ? undefined : bridge.config.tls,
  });
  const figures = createBrokerFigures(bridge);
  const metrics =
    (options.metrics ?? true)
      ? createGatewayMetrics({ bridge, inFlight, logging, figures, certificateEnds })
      : undefined;
  const seenCalls = options.admin && createSeenCalls(options.admin.bridge);
  const outcomes = options.admin && createRecentOutcomes(options.admin.bridge);
  const ucs = createUcsServer({
    bridge,
    seenCalls,
    onWarning,
    metrics,
    logging,
    answerOwnEvent: ownEvents(bridge, onWarning),
    inFlight,
    maxMessageBytes: options.maxMessageBytes ?? 4_194_304,
    requestTimeoutMs,
  });
  const grpcHealth = addHealthService(ucs, {
    bridge,
    services: [...new Set(UCS_METHODS.map(({ service }) => `types.${service}`))],
    watchIntervalMs: options.healthWatchMs ?? 1_000,
  });
  const grpcDoor = createGrpcDoor(ucs, grpcTls);
  const admin =
    options.admin &&
    seenCalls &&
    outcomes &&
    createAdminDoor({
      ...options.admin,
      door: inFlight,
      logging,
      seenCalls,
      outcomes,
      figures,
      certificateEnds,
      alertsEveryMs: options.alertsEveryMs ?? 5_000,
      onWarning,
    });
  const httpDoors = createHttpDoors({
    bridge,
    onWarning,
    metrics,
    admin: admin?.app,
    console: consoleApp,
    isClosing: () => closing !== undefined,
    requestTimeoutMs,
    tls: httpTls?.options,
  });
  const closeHttp = async () => {
    httpDoors.close();
    await admin?.close();
    metrics?.close();
  };

  const { health: healthAt } = options;
  const listen = async () => ({
    grpc: await listenOn(grpcDoor.listener, 'grpc', grpcAt, { allowPortFallback }),
    http: await listenOn(httpDoors.http, 'http', httpAt, { allowPortFallback }),
    health: healthAt && (await listenOn(httpDoors.health, 'health', healthAt, { allowPortFallback })),
  });
  const { grpc, http, health } = await listen().catch(async (cause: unknown) => {
    grpcHealth.close();
    await grpcDoor.drain(0);
    await closeHttp();
    throw cause;
  });

  const renewals = [
    grpcTls?.follow(grpcDoor.listener as TlsServer),
    httpTls?.follow(httpDoors.http as unknown as TlsServer),
  ];
  const webhooks = options.webhooks ?? webhookOptionsSchema.parse({});
  const { lateAnswers } = bridge;
  const notifier = lateAnswers && startNotifier({ lateAnswers, webhooks, onWarning });

  const close = async () => {
    grpcHealth.close();
    for (const renewal of renewals) renewal?.stop();
    await Promise.all([grpcDoor.drain(drainMs), notifier?.close()]);
    await closeHttp();
  };
  return {
    grpcUrl: urlOf(grpcAt.host, grpc.port, grpcTls !== undefined),
    httpUrl: urlOf(httpAt.host, http.port, httpTls !== undefined),
    grpcPort: grpc.port,
    httpPort: http.port,
    healthUrl: healthAt && health && urlOf(healthAt.host, health.port),
    portNotes: [grpc.note, http.note, health?.note].filter((note) => note !== undefined),
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}
