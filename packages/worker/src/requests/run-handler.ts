/** One delivery of a request, read and answered; how it came and how the answer goes back is not known here. */
import {
  type BridgeRequest,
  type ContentType,
  decodeMessage,
  type Headers,
  parseRequest,
  parseRequestHeaders,
  type RequestHeaders,
} from '@nats-bridge/protocol';
import type { Handler, HandlerContext, HandlerResponse, Handlers } from '../handler.js';
import type { Sealing } from '../sealing/sealing.js';
import { createProcessorClock, type ProcessorClock } from './processor-clock.js';

export type Delivery = {
  readonly body: Uint8Array;
  readonly headers: Headers;
  readonly attempt: number;
  /** Since when an earlier attempt may have been at it, milliseconds since the epoch; undefined for the first. */
  readonly earlierAt?: number | undefined;
};

/** A delivery that was understood. */
export type ReadRequest = {
  readonly request: BridgeRequest;
  readonly headers: Partial<RequestHeaders>;
  /** As they came over the wire. */
  readonly wireHeaders: Headers;
  readonly attempt: number;
  readonly earlierAt?: number | undefined;
};

/** A worker without headers from the bridge waits as long as the specification's default. */
const DEFAULT_DEADLINE_MS = 30_000;
/** A longer setTimeout fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** @throws ValidationError when it is not a request of the contract, or does not open */
export function readDelivery(subject: string, delivery: Delivery, sealing: Sealing): ReadRequest {
  const opened = sealing.open(subject, delivery);
  return {
    request: parseRequest(decodeMessage(opened)),
    headers: parseRequestHeaders(opened.headers),
    wireHeaders: delivery.headers,
    attempt: opened.attempt,
    earlierAt: delivery.earlierAt,
  };
}

/**
 * Runs the handler under the request's deadline.
 *
 * @param endings what else aborts its signal; asked for only when the handler asks for the signal
 * @param clock told of the handler's calls of its processor
 * @throws whatever the handler throws
 */
export async function runHandler(
  handlers: Handlers,
  read: ReadRequest,
  endings: () => readonly AbortSignal[],
  clock: ProcessorClock = createProcessorClock(),
): Promise<HandlerResponse> {
  const { request, headers, attempt, earlierAt } = read;
  const handler: Handler | undefined = handlers[request.operation];
  if (handler === undefined) return notSupported(request);
  const deadlineAt = headers.deadlineAt ?? Date.now() + DEFAULT_DEADLINE_MS;
  const deadline = createDeadline(deadlineAt, endings);
  try {
    const context = {
      operation: request.operation,
      attempt,
      earlierAt,
      idempotencyKey: headers.idempotencyKey ?? `${request.operation}:${request.correlation_id}`,
      deadlineAt,
      correlationId: request.correlation_id,
      traceparent: headers.traceparent,
      processor: clock.run,
      [DEADLINE]: deadline,
    };
    return await handler(
      request,
      Object.defineProperty(context, 'signal', SIGNAL) as typeof context & HandlerContext,
    );
  } finally {
    deadline.end();
  }
}

const DEADLINE = Symbol('deadline');

/**
 * One getter for all contexts, and a property of each, so that a copy has it. A getter of its own would make a new
 * shape of every context, which only a full collection clears away, with the request that it holds on to (measured:
 * a third of a worker's time).
 */
const SIGNAL = {
  enumerable: true,
  get(this: { readonly [DEADLINE]: Deadline }): AbortSignal {
    return this[DEADLINE].signal();
  },
};

type Deadline = ReturnType<typeof createDeadline>;

/** A signal that aborts at the deadline; made when it is asked for, because most handlers never look. */
function createDeadline(deadlineAt: number, endings: () => readonly AbortSignal[]) {
  let controller: AbortController | undefined;
  let timer: NodeJS.Timeout | undefined;
  let listened: readonly AbortSignal[] = [];
  const abort = () => controller?.abort();
  return {
    signal(): AbortSignal {
      if (controller === undefined) {
        controller = new AbortController();
        timer = setTimeout(abort, Math.min(LONGEST_TIMER_MS, Math.max(0, deadlineAt - Date.now()))).unref();
        listened = endings();
        for (const ending of listened) {
          ending.addEventListener('abort', abort, { once: true });
          if (ending.aborted) abort();
        }
      }
      return controller.signal;
    },
    end() {
      clearTimeout(timer);
      for (const ending of listened) ending.removeEventListener('abort', abort);
    },
  };
}

/** Replies speak the encoding of the request. */
export function contentTypeOf(headers: Partial<RequestHeaders>): ContentType {
  return headers.contentType?.includes('msgpack') ? 'application/msgpack' : 'application/json';
}

function notSupported({ operation }: BridgeRequest): HandlerResponse {
  return {
    status: 'failure',
    error: { code: 'NOT_SUPPORTED', message: `This worker does not handle ${operation}` },
  };
}
