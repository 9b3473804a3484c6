/** A UCS client as Hyperswitch is one: for the CLI, tests, benchmarks and anybody who speaks to a UCS server. */
import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { decodeUcs, encodeUcs, type JsonObject, UCS_METHODS } from '@nats-bridge/protocol';

/** PEM texts, for a door with TLS. */
export type UcsClientTls = {
  /** Who may have signed the door's certificate. Default: whom Node trusts. */
  readonly ca?: string;
  /** Our own certificate and key, where the door asks for one. */
  readonly cert?: string;
  readonly key?: string;
};

export type UcsCaller = {
  readonly connector: string;
  readonly merchantId: string;
  /** Sent as `x-auth: header-key`. */
  readonly apiKey: string;
};

export type UcsCallOptions = {
  /** Further metadata, such as `x-resource-id`; undefined leaves one out that is sent otherwise. */
  readonly metadata?: Readonly<Record<string, string | undefined>>;
  /** Milliseconds until the call is given up. Default: none, as Hyperswitch has none. */
  readonly timeoutMs?: number;
};

export type UcsClient = {
  /**
   * Calls `Service/Method` with a request in snake_case and gives the response likewise.
   *
   * @throws ServiceError of grpc-js when the server answers with a gRPC error.
   */
  call(method: string, request: JsonObject, options?: UcsCallOptions): Promise<JsonObject>;
  close(): void;
};

/**
 * @param address `host:port`, with or without `http://`; of several, as `ipv4:host:port,host:port`, those that are
 *   there are taken in turn
 * @param tls speaks TLS, as `https://` before the address does, too
 */
export function createUcsClient(address: string, caller: UcsCaller, tls?: UcsClientTls): UcsClient {
  const channel =
    tls === undefined && !address.startsWith('https://')
      ? credentials.createInsecure()
      : credentials.createSsl(pem(tls?.ca), pem(tls?.key), pem(tls?.cert));
  const client = new Client(address.replace(/^https?:\/\//, ''), channel, {
    'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }),
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 1_000,
  });
  const types = new Map(UCS_METHODS.map((entry) => [`${entry.service}/${entry.method}`, entry]));
  return {
    call(method, request, options = {}) {
      const entry = types.get(method);
      if (entry === undefined) throw new TypeError(`UCS has no method ${method}`);
      const metadata = metadataOf({
        'x-connector': caller.connector,
        'x-merchant-id': caller.merchantId,
        'x-tenant-id': 'public',
        'x-auth': 'header-key',
        'x-api-key': caller.apiKey,
        ...options.metadata,
      });
      const deadline = options.timeoutMs === undefined ? {} : { deadline: Date.now() + options.timeoutMs };
      return new Promise((resolve, reject) => {
        client.makeUnaryRequest(
          `/types.${method}`,
          (bytes: Buffer) => bytes,
          (bytes: Buffer) => bytes,
          Buffer.from(encodeUcs(entry.requestType, request)),
          metadata,
          deadline,
          (error: ServiceError | null, bytes?: Buffer) => {
            if (error !== null || bytes === undefined) reject(error);
            else resolve(decodeUcs(entry.responseType, bytes));
          },
        );
      });
    },
    close: () => client.close(),
  };
}

function pem(text: string | undefined): Buffer | null {
  return text === undefined ? null : Buffer.from(text);
}

function metadataOf(values: Readonly<Record<string, string | undefined>>): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(values)) if (value !== undefined) metadata.set(name, value);
  return metadata;
}
