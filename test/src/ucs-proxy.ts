/** A gRPC server before a bridge, which sees every call as it comes and may hold it back. */
import { Server, type ServerCredentials, status } from '@grpc/grpc-js';
import { UCS_METHODS } from '@nats-bridge/protocol';
import type { Stack } from './stack-under-test.js';

export type UcsProxy = { /** `host:port` */ readonly address: string; close(): void };

/** Hands every call on, byte for byte, once `before` is over. */
export async function startUcsProxy(
  far: Stack,
  credentials: ServerCredentials,
  before: (name: string, call: ProxiedCall) => Promise<void> = async () => {},
): Promise<UcsProxy> {
  const server = new Server();
  const same = (bytes: Buffer) => bytes;
  for (const { service, method, path } of UCS_METHODS) {
    const name = `${service}/${method}`;
    const definition = {
      path,
      requestStream: false,
      responseStream: false,
      requestSerialize: same,
      requestDeserialize: same,
      responseSerialize: same,
      responseDeserialize: same,
    } as const;
    server.addService(
      { [name]: definition },
      {
        [name]: (call: ProxiedCall, callback: (error: object | null, answer?: Buffer) => void) => {
          const metadata = call.metadata.getMap() as Record<string, string>;
          before(name, call)
            .then(() => far.raw(name, call.request, metadata))
            .then(
              (answer) => callback(null, answer),
              () => callback({ code: status.INTERNAL }),
            );
        },
      },
    );
  }
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', credentials, (error, at) => (error ? reject(error) : resolve(at))),
  );
  return { address: `127.0.0.1:${port}`, close: () => server.forceShutdown() };
}

export type ProxiedCall = {
  readonly request: Buffer;
  readonly metadata: { getMap(): Record<string, unknown> };
  getDeadline(): Date | number;
};
