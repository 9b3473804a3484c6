/** The UCS door: a gRPC server that answers every method of the catalogue from raw bytes. */
import {
  Server,
  type ServiceDefinition,
  status,
  type UntypedHandleCall,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { answerCalls, type UcsDoor } from './answer-call.js';
import { arriveInTime } from './arrive-in-time.js';
import { turnAway } from './refuse-call.js';
import { pathOf, refusedMethods, servedMethods } from './ucs-methods.js';

export type UcsServerOptions = UcsDoor & {
  /** The longest request, in bytes; longer ones are answered RESOURCE_EXHAUSTED. */
  readonly maxMessageBytes: number;
  /** How long a request may take to arrive, in milliseconds; slower ones are answered DEADLINE_EXCEEDED. */
  readonly requestTimeoutMs: number;
};

/** Calls beyond the limit still get in, so that they can be told OVERLOADED in words Hyperswitch understands. */
const STREAMS_ABOVE_LIMIT = 100;

/** A caller that vanished without closing its connection is noticed after both of these. */
const KEEPALIVE_TIME_MS = 60_000;
const KEEPALIVE_TIMEOUT_MS = 20_000;

/**
 * Builds the server; it listens nowhere yet. Metadata is bounded by Node's HTTP/2 (64 KiB, 128 entries).
 */
export function createUcsServer(options: UcsServerOptions): Server {
  const server = new Server({
    'grpc.max_receive_message_length': options.maxMessageBytes,
    'grpc.max_send_message_length': -1,
    'grpc.max_concurrent_streams': options.inFlight.limit + STREAMS_ABOVE_LIMIT,
    'grpc.keepalive_time_ms': KEEPALIVE_TIME_MS,
    'grpc.keepalive_timeout_ms': KEEPALIVE_TIMEOUT_MS,
    'grpc.enable_channelz': 0,
    interceptors: [arriveInTime(options.requestTimeoutMs, options)],
  });
  const served = servedMethods();
  for (const method of served) addMethod(server, method.name, answerCalls(options, method));
  const offer = describeMethods(served.map(({ name }) => name));
  for (const name of refusedMethods()) {
    const details = `types.${name} is not served; served are ${offer}`;
    addMethod(server, name, (_call: unknown, callback: (status: object) => void) =>
      callback(turnAway({ method: name }, { code: status.UNIMPLEMENTED, details }, options)),
    );
  }
  return server;
}

/** Registers one method by hand: bytes pass through grpc-js as they are, and are decoded once, by us. */
function addMethod(server: Server, name: string, handler: UntypedHandleCall): void {
  const definition: ServiceDefinition = {
    [name]: {
      path: pathOf(name),
      requestStream: false,
      responseStream: false,
      requestSerialize: asItIs,
      requestDeserialize: asItIs,
      responseSerialize: asItIs,
      responseDeserialize: asItIs,
    },
  };
  const implementation: UntypedServiceImplementation = { [name]: handler };
  server.addService(definition, implementation);
}

function asItIs(bytes: Buffer): Buffer {
  return bytes;
}

/** `PaymentService/{Authorize, Get}, RefundService/{Get}`. */
function describeMethods(names: readonly string[]): string {
  const byService = new Map<string, string[]>();
  for (const name of names) {
    const [service = '', method = ''] = name.split('/');
    byService.set(service, [...(byService.get(service) ?? []), method]);
  }
  return [...byService].map(([service, methods]) => `${service}/{${methods.join(', ')}}`).join(', ');
}
