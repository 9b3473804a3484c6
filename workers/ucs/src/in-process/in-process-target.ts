/** Prism inside this process: its core writes and reads the processor's messages, and this sends them. */
import { decodeUcs, encodeUcs, ValidationError } from '@nats-bridge/protocol';
import type { UcsCall, UcsEnding, UcsTarget } from '../ucs-target.js';
import { type PrismEnvironment, prismOptions } from './connector-config.js';
import { exchangeHttp, type HttpAnswer, type HttpRequest } from './http-exchange.js';
import { loadPrismCore, type PrismCore, PrismError, type PrismFlow } from './prism-core.js';

export type InProcessTargetOptions = {
  /** Which of a processor's environments is called. Default `sandbox`. */
  readonly environment?: PrismEnvironment;
  /** A native library of the same version, built for this machine. Default: the package's. */
  readonly libraryFile?: string;
};

/** @throws NativeLibraryError that says what is missing */
export function createInProcessTarget(options: InProcessTargetOptions = {}): UcsTarget {
  return inProcessTarget(loadPrismCore(options.libraryFile), options.environment ?? 'sandbox');
}

/** @internal for tests that bring a core of their own */
export function inProcessTarget(core: PrismCore, environment: PrismEnvironment): UcsTarget {
  return {
    async call(call) {
      const flow = core.flowOf(call.method.requestType);
      if (flow === undefined)
        return {
          kind: 'refused',
          code: 'UNIMPLEMENTED',
          message: `Prism's core has no ${call.method.service}/${call.method.method}`,
        };
      let options: Buffer;
      try {
        options = Buffer.from(prismOptions(call.metadata, environment));
      } catch (error) {
        if (!(error instanceof ValidationError)) throw error;
        return { kind: 'refused', code: error.code, message: error.message };
      }
      return flow.callsOut ? callOut(core, flow, call, options) : atOnce(core, flow, call, options);
    },
    close() {},
  };
}

function atOnce(core: PrismCore, flow: PrismFlow, { request }: UcsCall, options: Buffer): UcsEnding {
  const answer = asked(() => core.answerAtOnce(flow.name, Buffer.from(request), options));
  return answer instanceof PrismError ? refused(answer) : { kind: 'answered', response: answer };
}

async function callOut(core: PrismCore, flow: PrismFlow, call: UcsCall, options: Buffer): Promise<UcsEnding> {
  const request = Buffer.from(call.request);
  const written = asked(() => core.writeRequest(flow.name, request, options));
  if (written instanceof PrismError) return refused(written);
  if (call.signal.aborted) return { kind: 'not_sent', code: 'CANCELLED', message: 'Nobody waits' };

  const answer = await exchangeHttp(httpRequestOf(written), call);
  if (answer.kind !== 'response') return answer;
  const read = asked(() => core.readResponse(flow.name, httpResponseOf(answer), request, options));
  if (!(read instanceof PrismError)) {
    const { body } = decodeUcs('FfiConnectorHttpResponse', read);
    return { kind: 'answered', response: Buffer.from(String(body ?? ''), 'base64') };
  }
  if (read.connectorError !== undefined) return { kind: 'connector_error', error: read.connectorError };
  // The processor has answered, and nobody here understands it.
  return { kind: 'unknown', code: read.code, message: read.message };
}

/** Nothing has left this process. */
function refused({ code, message }: PrismError): UcsEnding {
  return { kind: 'refused', code, message };
}

function asked(ask: () => Uint8Array): Uint8Array | PrismError {
  try {
    return ask();
  } catch (error) {
    if (error instanceof PrismError) return error;
    throw error;
  }
}

function httpRequestOf(bytes: Uint8Array): HttpRequest {
  const { url, method, headers, body } = decodeUcs('FfiConnectorHttpRequest', bytes);
  return {
    url: String(url),
    method: String(method),
    headers: (headers ?? {}) as Record<string, string>,
    ...(typeof body === 'string' && { body: Uint8Array.from(Buffer.from(body, 'base64')) }),
  };
}

function httpResponseOf({ status, headers, body }: HttpAnswer): Buffer {
  const message = { status_code: status, headers, body: Buffer.from(body).toString('base64') };
  return Buffer.from(encodeUcs('FfiConnectorHttpResponse', message));
}
