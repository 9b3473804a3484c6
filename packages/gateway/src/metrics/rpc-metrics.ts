/** Metrics of the gRPC door, under OpenTelemetry's names: how long calls took and with which status they ended. */
import { Gauge, Histogram, type Registry } from 'prom-client';
import { DURATION_BUCKETS } from './duration-buckets.js';

export type RpcMetrics = {
  /** @param name `Service/Method` of the catalogue @param statusCode of gRPC, 0 for OK */
  ended(name: string, statusCode: number, durationMs: number): void;
};

export function createRpcMetrics(
  register: Registry,
  inFlight: { readonly count: number; readonly limit: number },
): RpcMetrics {
  const registers = [register];
  const duration = new Histogram({
    name: 'rpc_server_duration_seconds',
    help: 'Time of a gRPC call at the door, from its bytes to its answer (OpenTelemetry rpc.server.duration)',
    labelNames: ['rpc_system', 'rpc_service', 'rpc_method', 'rpc_grpc_status_code'],
    buckets: [...DURATION_BUCKETS],
    registers,
  });
  new Gauge({
    name: 'nats_bridge_door_calls_in_flight',
    help: 'gRPC calls that the door is executing',
    registers,
    collect() {
      this.set(inFlight.count);
    },
  });
  new Gauge({
    name: 'nats_bridge_door_calls_limit',
    help: 'gRPC calls the door executes at once; more are answered OVERLOADED (gateway.max_in_flight)',
    registers,
    collect() {
      this.set(inFlight.limit);
    },
  });
  return {
    ended(name, statusCode, durationMs) {
      const [rpc_service = '', rpc_method = ''] = name.split('/');
      duration.observe(
        {
          rpc_system: 'grpc',
          rpc_service: `types.${rpc_service}`,
          rpc_method,
          rpc_grpc_status_code: statusCode,
        },
        durationMs / 1_000,
      );
    },
  };
}
