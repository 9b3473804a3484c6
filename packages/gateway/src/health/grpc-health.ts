/** `grpc.health.v1.Health`: Check and Watch, following the bridge's own health. */
import { type Server, type ServerUnaryCall, type ServerWritableStream, status } from '@grpc/grpc-js';
import protobuf from 'protobufjs/minimal.js';
import type { PaymentBridge } from '../bridge.js';
import { readHealth } from './read-health.js';

/** `HealthCheckResponse.ServingStatus`. */
const SERVING = 1;
const NOT_SERVING = 2;
const SERVICE_UNKNOWN = 3;

export type HealthService = {
  /** Tells every watcher NOT_SERVING and ends its stream. */
  close(): void;
};

export type HealthOptions = {
  readonly bridge: Pick<PaymentBridge, 'health'>;
  /** Names that may be asked for besides the server as a whole (`""`). */
  readonly services: readonly string[];
  /** How often a watcher's status is looked at again, in milliseconds. */
  readonly watchIntervalMs: number;
};

/** An object, because grpc-js takes an empty text for a message that never came. */
type HealthRequest = { readonly service: string };
type WatchCall = ServerWritableStream<HealthRequest, number>;

const PATH = '/grpc.health.v1.Health/';
const method = (name: string, responseStream: boolean) => ({
  path: PATH + name,
  requestStream: false,
  responseStream,
  requestSerialize: (bytes: Buffer) => bytes,
  requestDeserialize: (bytes: Buffer): HealthRequest => ({ service: serviceName(bytes) }),
  responseSerialize: (value: number) => Buffer.from([0x08, value]), // field 1, an enumeration
  responseDeserialize: (bytes: Buffer) => bytes,
});

export function addHealthService(server: Server, options: HealthOptions): HealthService {
  const known = new Set(['', ...options.services]);
  const watchers = new Set<WatchCall>();
  const current = async (service: string): Promise<number> => {
    if (!known.has(service)) return SERVICE_UNKNOWN;
    return (await readHealth(options.bridge)).isReady ? SERVING : NOT_SERVING;
  };

  server.addService(
    { Check: method('Check', false), Watch: method('Watch', true) },
    {
      Check: (
        call: ServerUnaryCall<HealthRequest, number>,
        callback: (error: object | null, value?: number) => void,
      ) =>
        void current(call.request.service).then((value) =>
          value === SERVICE_UNKNOWN
            ? callback({ code: status.NOT_FOUND, details: `there is no service "${call.request.service}"` })
            : callback(null, value),
        ),
      Watch: (call: WatchCall) => {
        let last: number | undefined;
        const look = async () => {
          const value = await current(call.request.service);
          if (value === last || !watchers.has(call)) return;
          call.write(value);
          last = value;
        };
        watchers.add(call);
        const timer = setInterval(() => void look(), options.watchIntervalMs);
        call.once('cancelled', () => {
          clearInterval(timer);
          watchers.delete(call);
        });
        void look();
      },
    },
  );
  return {
    close: () => {
      for (const call of watchers) {
        call.write(NOT_SERVING);
        call.end();
      }
      watchers.clear();
    },
  };
}

/** `HealthCheckRequest.service`, field 1. */
function serviceName(bytes: Buffer): string {
  const reader = protobuf.Reader.create(bytes);
  let name = '';
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag === 0x0a) name = reader.string();
    else reader.skipType(tag & 7);
  }
  return name;
}
