/**
 * Prism's core as a native library: it writes the HTTP request of a connector and reads its response, and sends
 * nothing itself. Nothing else in this project may load it; it is loaded when it is asked for, not before.
 */
import { createRequire } from 'node:module';
import { nativeLibraryError } from './native-library-error.js';

/** Everything in and out is protobuf: UCS messages and Prism's own Ffi… ones. */
export type PrismCore = {
  /** Which flows there are, by the UCS request they take. */
  readonly flowOf: (requestType: string) => PrismFlow | undefined;
  /** @returns an FfiConnectorHttpRequest. @throws PrismError */
  writeRequest(flow: string, request: Buffer, options: Buffer): Uint8Array;
  /** @param response an FfiConnectorHttpResponse. @returns another, whose body is the UCS response. @throws PrismError */
  readResponse(flow: string, response: Buffer, request: Buffer, options: Buffer): Uint8Array;
  /** For what needs no processor, such as reading a webhook. @returns the UCS response. @throws PrismError */
  answerAtOnce(flow: string, request: Buffer, options: Buffer): Uint8Array;
};

export type PrismFlow = {
  readonly name: string;
  /** Whether a processor is called. */
  readonly callsOut: boolean;
};

/** What the core says of a request or a response that it cannot use. */
export class PrismError extends Error {
  override readonly name = 'PrismError';

  constructor(
    readonly code: string,
    message: string,
    /** The bytes of a `types.ConnectorError`, where the connector itself has spoken. */
    readonly connectorError?: Uint8Array,
  ) {
    super(message);
  }
}

const PACKAGE = 'hyperswitch-prism/dist/src/payments';
/** The connector has refused, and this is its status: as over gRPC (docs/hyperswitch.md, Errors over gRPC). */
const CONNECTOR_ERROR = 'CONNECTOR_ERROR_RESPONSE';

type Flows = Readonly<Record<string, { readonly request: string }>>;
type UniffiClient = {
  callReq(flow: string, request: Buffer, options: Buffer): Uint8Array;
  callRes(flow: string, response: Buffer, request: Buffer, options: Buffer): Uint8Array;
  callDirect(flow: string, request: Buffer, options: Buffer): Uint8Array;
};
/** What the package throws: an Error around a message of protobufjs, whose class can encode it. */
type Thrown = {
  readonly message: string;
  readonly proto?: {
    readonly errorCode?: string;
    readonly httpStatusCode?: number | null;
    readonly constructor: { encode?(message: unknown): { finish(): Uint8Array } };
  };
};

/**
 * Loads the library of the package `hyperswitch-prism`, or one of the same version that was built for this machine.
 *
 * @throws NativeLibraryError that says what is missing
 */
export function loadPrismCore(libraryFile?: string): PrismCore {
  const require = createRequire(import.meta.url);
  try {
    const { UniffiClient } = require(`${PACKAGE}/uniffi_client.js`) as {
      UniffiClient: new (file?: string) => UniffiClient;
    };
    const { FLOWS, SINGLE_FLOWS } = require(`${PACKAGE}/_generated_flows.js`) as {
      FLOWS: Flows;
      SINGLE_FLOWS: Flows;
    };
    return coreOf(new UniffiClient(libraryFile), FLOWS, SINGLE_FLOWS);
  } catch (cause) {
    const { header } = process.report.getReport() as unknown as { header: { glibcVersionRuntime?: string } };
    const platform = `${process.platform}-${process.arch}`;
    throw nativeLibraryError(cause, { platform, glibc: header.glibcVersionRuntime });
  }
}

function coreOf(client: UniffiClient, flows: Flows, singleFlows: Flows): PrismCore {
  const byRequest = new Map<string, PrismFlow>();
  for (const [name, { request }] of Object.entries(flows)) byRequest.set(request, { name, callsOut: true });
  for (const [name, { request }] of Object.entries(singleFlows))
    byRequest.set(request, { name, callsOut: false });
  return {
    flowOf: (requestType) => byRequest.get(requestType),
    writeRequest: (...args) => said(() => client.callReq(...args)),
    readResponse: (...args) => said(() => client.callRes(...args)),
    answerAtOnce: (...args) => said(() => client.callDirect(...args)),
  };
}

function said(ask: () => Uint8Array): Uint8Array {
  try {
    return ask();
  } catch (error) {
    const { message, proto } = error as Thrown;
    const isConnectors = proto?.errorCode === CONNECTOR_ERROR && Boolean(proto.httpStatusCode);
    const bytes = isConnectors ? proto.constructor.encode?.(proto).finish() : undefined;
    throw new PrismError(proto?.errorCode || 'PRISM_FAILED', message || 'Prism gave no reason', bytes);
  }
}
