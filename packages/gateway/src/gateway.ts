/** The gateway: both doors in front of one connector, opened together and closed together. */
import { createServer, type Server as NetServer } from 'node:net';
import { type Server as GrpcServer, ServerCredentials } from '@grpc/grpc-js';
import { UCS_METHODS } from '@nats-bridge/protocol';
import type { PaymentBridge } from './bridge.js';
import { addHealthService } from './health/grpc-health.js';
import { createHttpServer } from './http/http-server.js';
import { ownEvents } from './late-answers/answer-own-event.js';
import { startNotifier } from './late-answers/notifier.js';
import { type WebhookOptions, webhookOptionsSchema } from './late-answers/webhook-options.js';
import { type ListenAt, listenOn, urlOf } from './listen-on.js';
import { createUcsServer } from './ucs/ucs-server.js';
import type { OnWarning } from './warning.js';

export type GatewayOptions = {
  readonly bridge: PaymentBridge;
  /** UCS; 127.0.0.1:8000 unless told otherwise, which is where Hyperswitch looks. Port 0 for any. */
  readonly grpc?: Partial<ListenAt>;
  /** Health; 127.0.0.1:8080 unless told otherwise. Port 0 for any. */
  readonly http?: Partial<ListenAt>;
  /** Take a free port where the wanted one is taken; false unless told otherwise. */
  readonly allowPortFallback?: boolean;
  /** Calls executed at once, 1000 unless told otherwise; more are answered OVERLOADED. */
  readonly maxInFlight?: number;
  /** The longest request in bytes, 4 MiB unless told otherwise. */
  readonly maxMessageBytes?: number;
  /** How long `close()` lets running calls end, in milliseconds; 35 000 unless told otherwise. */
  readonly drainMs?: number;
  /** How often watchers of the gRPC health service are brought up to date, in milliseconds; 1000. */
  readonly healthWatchMs?: number;
  /** Where late answers may be pushed to, and the secrets they are signed with; anywhere and unsigned. */
  readonly webhooks?: WebhookOptions;
  /** Told, in a line without payment data, of what no caller can see. */
  readonly onWarning?: OnWarning;
};

export type Gateway = {
  /** What Hyperswitch's `grpc_client.unified_connector_service.base_url` must say. */
  readonly grpcUrl: string;
  readonly httpUrl: string;
  readonly grpcPort: number;
  readonly httpPort: number;
  /** One line for each port that is not the one asked for. */
  readonly portNotes: readonly string[];
  /** Stops accepting, lets running calls end for `drainMs`, then cuts them off; the connector stays open. */
  close(): Promise<void>;
};

/** @throws PortInUseError when a port is taken and no other may be chosen; no door is open then. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { bridge, allowPortFallback = false, drainMs = 35_000, onWarning = () => {} } = options;
  const grpcAt = { host: '127.0.0.1', port: 8000, ...options.grpc };
  const httpAt = { host: '127.0.0.1', port: 8080, ...options.http };

  let closing: Promise<void> | undefined;
  const ucs = createUcsServer({
    bridge,
    onWarning,
    answerOwnEvent: ownEvents(bridge, onWarning),
    inFlight: { count: 0, limit: options.maxInFlight ?? 1_000 },
    maxMessageBytes: options.maxMessageBytes ?? 4_194_304,
  });
  const services = new Set(UCS_METHODS.map(({ service }) => `types.${service}`));
  const health = addHealthService(ucs, {
    bridge,
    services: [...services],
    watchIntervalMs: options.healthWatchMs ?? 1_000,
  });
  const grpcSide = grpcDoor(ucs);
  const httpListener = createHttpServer({ bridge, onWarning, isClosing: () => closing !== undefined });

  const grpc = await listenOn(grpcSide.listener, 'grpc', grpcAt, { allowPortFallback });
  const http = await listenOn(httpListener, 'http', httpAt, { allowPortFallback }).catch(
    async (cause: unknown) => {
      await grpcSide.drain(0);
      throw cause;
    },
  );

  const webhooks = options.webhooks ?? webhookOptionsSchema.parse({});
  const { lateAnswers } = bridge;
  const notifier = lateAnswers && startNotifier({ lateAnswers, webhooks, onWarning });

  const close = async () => {
    health.close();
    await Promise.all([grpcSide.drain(drainMs), notifier?.close()]);
    httpListener.close();
    httpListener.closeAllConnections();
  };
  return {
    grpcUrl: urlOf(grpcAt.host, grpc.port),
    httpUrl: urlOf(httpAt.host, http.port),
    grpcPort: grpc.port,
    httpPort: http.port,
    portNotes: [grpc.note, http.note].filter((note) => note !== undefined),
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

/**
 * Listens and hands connections to grpc-js, so that a taken port is an error we can read. grpc-js's own
 * forceShutdown forgets connections when channelz is off; the injector does not.
 */
function grpcDoor(ucs: GrpcServer): { readonly listener: NetServer; drain(drainMs: number): Promise<void> } {
  const injector = ucs.createConnectionInjector(ServerCredentials.createInsecure());
  const listener = createServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
    injector.injectConnection(socket),
  );
  const drain = async (drainMs: number) => {
    listener.close();
    const timer = setTimeout(() => injector.drain(0), drainMs);
    await new Promise<void>((resolve) => ucs.tryShutdown(() => resolve()));
    clearTimeout(timer);
  };
  return { listener, drain };
}
