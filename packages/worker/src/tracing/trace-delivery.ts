/** The spans of one delivery: how long it waited in the stream, its processing, the handler's run, and the answer. */
import type { RecordStore } from '@nats-bridge/messaging';
import { HEADER, type Headers, headerText, type Operation, stateOf } from '@nats-bridge/protocol';
import type { SpanAttributes, SpanTemplate, TraceSpan, Tracing } from '@nats-bridge/tracing';
import type { HandlerResponse } from '../handler.js';
import type { ReadRequest } from '../requests/run-handler.js';
import { failureOf } from '../telemetry/failure-of.js';

export type TracedDelivery = {
  readonly headers: Headers;
  /** The subject with `{merchant_id}` in it, or with wildcards. */
  readonly destination: string;
  readonly attempt: number;
  /** Of a request that came from a stream. */
  readonly stored?: { readonly consumer: string; readonly atMs: number; readonly seq: number };
};

export type DeliveryTrace = {
  /** Runs the handler, which gets its own span's `traceparent`. */
  handle(read: ReadRequest, run: (read: ReadRequest) => Promise<HandlerResponse>): Promise<HandlerResponse>;
  /** Publishes the answer. */
  reply<T>(publish: () => T | Promise<T>): Promise<T>;
  /** Of a delivery whose answer is its record. */
  records(records: RecordStore): RecordStore;
  /** @param failure where somebody should look at it */
  ended(ending: string, failure?: string): void;
};

const WAIT: SpanTemplate<TracedDelivery> = {
  kind: 'internal',
  name: ({ destination }) => `wait ${destination}`,
  attributes: (delivery) => ({
    'messaging.consumer.group.name': delivery.stored?.consumer,
    ...aboutOf(delivery),
  }),
};

const PROCESS: SpanTemplate<TracedDelivery> = {
  kind: 'consumer',
  name: ({ destination }) => `process ${destination}`,
  attributes: (delivery) => ({
    'messaging.operation.name': 'process',
    'messaging.operation.type': 'process',
    'messaging.consumer.group.name': delivery.stored?.consumer,
    'nats_bridge.stream_sequence': delivery.stored?.seq,
    'nats_bridge.attempt': delivery.attempt,
    ...aboutOf(delivery),
  }),
};

const HANDLE: SpanTemplate<ReadRequest> = {
  kind: 'internal',
  name: ({ request }) => `handle ${request.operation}`,
  attributes: ({ request, headers, attempt }) => ({
    'nats_bridge.operation': request.operation,
    'nats_bridge.attempt': attempt,
    'messaging.message.conversation_id': headers.correlationId,
  }),
};

const REPLY: SpanTemplate<TracedDelivery> = {
  kind: 'producer',
  name: () => 'publish reply',
  attributes: ({ headers }) => ({
    'messaging.system': 'nats',
    'messaging.operation.name': 'publish',
    'messaging.operation.type': 'send',
    'messaging.message.conversation_id': headerText(headers, HEADER.correlationId),
  }),
};

export function traceDelivery(tracing: Tracing, delivery: TracedDelivery): DeliveryTrace {
  const { headers, attempt, stored } = delivery;
  const parent = headers[HEADER.traceparent];
  // Of a later delivery most of the time since was not waiting.
  if (stored !== undefined && attempt === 1)
    tracing
      .begin(WAIT, delivery, parent, Math.min(stored.atMs, Date.now())) // clocks of two machines
      .end();
  const processing = tracing.begin(PROCESS, delivery, parent);
  let operation: Operation | undefined;

  const beginReply = () => tracing.begin(REPLY, delivery, processing);

  async function during<T>(
    span: TraceSpan,
    run: () => T | Promise<T>,
    attributesOf?: (result: T) => SpanAttributes,
  ): Promise<T> {
    try {
      const result = await run();
      span.end(undefined, attributesOf?.(result));
      return result;
    } catch (error) {
      span.end(failureOf(error));
      throw error;
    }
  }

  return {
    handle(read, run) {
      operation = read.request.operation;
      const span = tracing.begin(HANDLE, read, processing);
      return during(
        span,
        () => run({ ...read, headers: { ...read.headers, traceparent: span.traceparent } }),
        ({ status }) => ({ 'nats_bridge.result': STATUSES.find((known) => known === status) }),
      );
    },
    reply: (publish) => during(beginReply(), publish),
    records: ({ read, write }) => ({
      read,
      write(subject, body, headers, expectedSeq) {
        const writing = () => write(subject, body, headers, expectedSeq);
        return stateOf(headers) === 'answered' ? during(beginReply(), writing) : writing();
      },
    }),
    ended(ending, failure) {
      processing.end(failure, { 'nats_bridge.operation': operation, 'nats_bridge.ending': ending });
    },
  };
}

function aboutOf({ headers, destination }: TracedDelivery): SpanAttributes {
  return {
    'messaging.system': 'nats',
    'messaging.destination.template': destination,
    'messaging.message.conversation_id': headerText(headers, HEADER.correlationId),
  };
}

/** What a handler answers is checked further on. */
const STATUSES = ['success', 'failure', 'processing'] as const;
