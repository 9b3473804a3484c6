/** Everything the gateway's `/metrics` shows, in Prometheus's text format. */
import type { BrokerFigures } from '@nats-bridge/connector';
import type { Logging } from '@nats-bridge/logging';
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { PaymentBridge } from '../bridge.js';
import type { ReadCertificateEnds } from '../doors/certificate-ends.js';
import type { CachedReading } from '../seen/cached-reading.js';
import { createBrokerMetrics } from './broker-metrics.js';
import { createCertificateMetrics } from './certificate-metrics.js';
import { watchConnection } from './connection-metrics.js';
import { createLogMetrics } from './log-metrics.js';
import { createOperationMetrics } from './operation-metrics.js';
import { createRateLimitMetrics } from './rate-limit-metrics.js';
import { createReplyMetrics } from './reply-metrics.js';
import { createRpcMetrics, type RpcMetrics } from './rpc-metrics.js';

export type GatewayMetrics = {
  readonly rpc: RpcMetrics;
  readonly contentType: string;
  /** Ends within about a second, whatever NATS does. */
  text(): Promise<string>;
  close(): void;
};

export type GatewayMetricsOptions = {
  readonly bridge: PaymentBridge;
  /** Calls at the gRPC door. */
  readonly inFlight: { readonly count: number; readonly limit: number };
  readonly logging?: Logging;
  readonly figures: CachedReading<BrokerFigures>;
  readonly certificateEnds: ReadCertificateEnds;
};

export function createGatewayMetrics({
  bridge,
  inFlight,
  logging,
  figures,
  certificateEnds,
}: GatewayMetricsOptions): GatewayMetrics {
  const register = new Registry();
  collectDefaultMetrics({ register });
  const operations = createOperationMetrics(register);
  const observed = bridge.observe === undefined ? undefined : bridge;
  const endings = observed && [observed.observe(operations.observe), watchConnection(register, observed)];
  if (observed !== undefined) createReplyMetrics(register, () => observed.stats());
  if (observed !== undefined) createRateLimitMetrics(register, () => observed.rateLimits());
  createCertificateMetrics(register, certificateEnds);
  createLogMetrics(register, () => logging?.stats());
  const show = createBrokerMetrics(register);

  return {
    rpc: createRpcMetrics(register, inFlight),
    contentType: register.contentType,
    async text() {
      show(await figures.get());
      return register.metrics();
    },
    close() {
      for (const end of endings ?? []) end();
    },
  };
}
