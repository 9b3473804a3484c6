/** A real gRPC server in the place of a UCS, which answers as a test says. Not exported from the package. */
import {
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type sendUnaryData,
  type status,
} from '@grpc/grpc-js';
import { decodeUcs, encodeUcs, type JsonObject, UCS_METHODS, type UcsMethod } from '@nats-bridge/protocol';

export type ReceivedCall = {
  readonly method: string;
  readonly request: JsonObject;
  readonly metadata: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch; infinite where the caller set none. */
  readonly deadlineAt: number;
  /** Resolves when the caller gave up. */
  readonly cancelled: Promise<void>;
};

export type ScriptedUcs = {
  /** `host:port` */
  readonly address: string;
  readonly calls: readonly ReceivedCall[];
  /** Cuts every connection, as a crash would. */
  kill(): void;
};

/** A gRPC error to answer with. */
export type ScriptedError = { readonly code: status; readonly details: string; readonly metadata?: object };
type Answer = JsonObject | { readonly grpcError: ScriptedError };
export type Script = (call: ReceivedCall) => Answer | Promise<Answer>;

export async function startScriptedUcs(script: Script, port = 0): Promise<ScriptedUcs> {
  const server = new Server();
  const calls: ReceivedCall[] = [];
  for (const method of UCS_METHODS) addMethod(server, method, calls, script);
  const bound = await new Promise<number>((resolve, reject) =>
    server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, at) =>
      error === null ? resolve(at) : reject(error),
    ),
  );
  return { address: `127.0.0.1:${bound}`, calls, kill: () => server.forceShutdown() };
}

function addMethod(server: Server, method: UcsMethod, calls: ReceivedCall[], script: Script): void {
  const name = `${method.service}/${method.method}`;
  const same = (bytes: Buffer) => bytes;
  const handle = async (call: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>) => {
    const values = call.metadata.getMap();
    const received: ReceivedCall = {
      method: name,
      request: decodeUcs(method.requestType, call.request),
      metadata: Object.fromEntries(Object.entries(values).map(([key, value]) => [key, String(value)])),
      deadlineAt: Number(call.getDeadline()),
      cancelled: new Promise((resolve) => call.once('cancelled', () => resolve())),
    };
    calls.push(received);
    const answer = await script(received);
    if (isError(answer)) callback(answer.grpcError as Parameters<sendUnaryData<Buffer>>[0]);
    else callback(null, Buffer.from(encodeUcs(method.responseType, answer)));
  };
  server.addService(
    {
      [name]: {
        path: method.path,
        requestStream: false,
        responseStream: false,
        requestSerialize: same,
        requestDeserialize: same,
        responseSerialize: same,
        responseDeserialize: same,
      },
    },
    { [name]: handle },
  );
}

function isError(answer: Answer): answer is { readonly grpcError: ScriptedError } {
  return 'grpcError' in answer;
}
