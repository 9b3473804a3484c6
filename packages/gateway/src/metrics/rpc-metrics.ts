/** Metrics of the gRPC door, under OpenTelemetry's names: how long calls took and with which status they ended. */
import { createDurationHistogram, type Durations } from '@nats-bridge/metrics';
import { Gauge, type Registry } from 'prom-client';

export type RpcMetrics = {
  /** @param name `Service/Method` of the catalogue @returns told of each of its calls that ended */
  ofMethod(name: string): RpcEnded;
};

/** @param statusCode of gRPC, 0 for OK */
export type RpcEnded = (statusCode: number, durationMs: number) => void;

export function createRpcMetrics(
  register: Registry,
  inFlight: { readonly count: number; readonly limit: number },
): RpcMetrics {
  const registers = [register];
  const duration = createDurationHistogram(register, {
    name: 'rpc_server_duration_seconds',
    help: 'Time of a gRPC call at the door, from its bytes to its answer (OpenTelemetry rpc.server.duration)',
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
    ofMethod(name) {
      const [service = '', rpc_method = ''] = name.split('/');
      const labels = { rpc_system: 'grpc', rpc_service: `types.${service}`, rpc_method };
      const byStatus = new Map<number, Durations>();
      return (statusCode, durationMs) => {
        let durations = byStatus.get(statusCode);
        if (durations === undefined) {
          durations = duration.series({ ...labels, rpc_grpc_status_code: statusCode });
          byStatus.set(statusCode, durations);
        }
        durations.observe(durationMs);
      };
    },
  };
}
