/** A caller that may do what Hyperswitch never does (cancel, send garbage, call older names): real gRPC over loopback. */
import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { decodeUcs, encodeUcs } from '@nats-bridge/protocol';
import { servedMethods } from '../ucs/ucs-methods.js';

/** What Hyperswitch says about the calls of one payment attempt (docs/hyperswitch.md, What it says of a call). */
export const METADATA: Readonly<Record<string, string>> = {
  'x-connector': 'imerchantsolutions',
  'x-auth': 'header-key',
  'x-api-key': 'sk_test_1',
  'x-merchant-id': 'merchant_1',
  'x-tenant-id': 'public',
  'x-reference-id': 'pay_1',
  'x-resource-id': 'att_1',
  'x-shadow-mode': 'false',
};

export type CallOptions = {
  /** Over {@link METADATA}; undefined leaves a header out. */
  readonly metadata?: Readonly<Record<string, string | undefined>>;
  /** Milliseconds since the epoch. */
  readonly deadline?: number;
  readonly signal?: AbortSignal;
};

export type UnrulyClient = {
  /** Calls a method; rejects with grpc-js's ServiceError. A Buffer is sent as it is. */
  call(method: string, request: object | Buffer, options?: CallOptions): Promise<Record<string, unknown>>;
  /** Calls any path with raw bytes. */
  callRaw(path: string, bytes: Buffer, options?: CallOptions): Promise<Buffer>;
  close(): void;
};

const METHODS = new Map(servedMethods().map((method) => [method.name, method]));

export function unrulyClient(port: number): UnrulyClient {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
    'grpc.use_local_subchannel_pool': 1,
  });
  const callRaw = (path: string, bytes: Buffer, options: CallOptions = {}) =>
    new Promise<Buffer>((resolve, reject) => {
      const metadata = new Metadata();
      for (const [name, value] of Object.entries({ ...METADATA, ...options.metadata }))
        if (value !== undefined) metadata.set(name, value);
      const call = client.makeUnaryRequest(
        path,
        (value: Buffer) => value,
        (value: Buffer) => value,
        bytes,
        metadata,
        { deadline: options.deadline },
        (error, value) => (error ? reject(error) : resolve(value as Buffer)),
      );
      options.signal?.addEventListener('abort', () => call.cancel());
    });
  return {
    callRaw,
    call: async (name, request, options) => {
      const method = METHODS.get(name);
      if (method === undefined) throw new Error(`${name} is not served`);
      const bytes = Buffer.isBuffer(request) ? request : Buffer.from(encodeUcs(method.requestType, request));
      return decodeUcs(method.responseType, await callRaw(`/types.${name}`, bytes, options)) as Record<
        string,
        unknown
      >;
    },
    close: () => client.close(),
  };
}

/** The gRPC error a call ended with. @throws Error when it did not end with one. */
export async function refusalOf(call: Promise<unknown>): Promise<Pick<ServiceError, 'code' | 'details'>> {
  const outcome = await call.then(
    () => undefined,
    (error: ServiceError) => ({ code: error.code, details: error.details }),
  );
  if (outcome === undefined) throw new Error('the call was answered, not refused');
  return outcome;
}
