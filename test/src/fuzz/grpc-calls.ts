/** Calls at the gRPC door with any bytes; ends, or is a hang. */
import { Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { HANGS_AFTER_MS } from './target.js';

export type GrpcResult = { readonly code: number; readonly details: string; readonly bytes: Uint8Array };

export type GrpcCalls = {
  call(path: string, bytes: Uint8Array, metadata: Readonly<Record<string, string>>): Promise<GrpcResult>;
  close(): void;
};

const same = (bytes: Buffer) => bytes;

export function grpcCalls(address: string): GrpcCalls {
  const client = new Client(address, credentials.createInsecure());
  return {
    call: (path, bytes, values) =>
      new Promise((resolve) => {
        const metadata = new Metadata();
        for (const [name, value] of Object.entries(values)) metadata.set(name, value);
        const deadline = Date.now() + HANGS_AFTER_MS;
        client.makeUnaryRequest(
          `/types.${path}`,
          same,
          same,
          Buffer.from(bytes),
          metadata,
          { deadline },
          (error: ServiceError | null, answer?: Buffer) =>
            resolve({
              code: error?.code ?? status.OK,
              details: error?.details ?? '',
              bytes: answer ?? new Uint8Array(),
            }),
        );
      }),
    close: () => client.close(),
  };
}
