/** The spans of one delivery: how long it waited in the stream, its processing, the handler's run, and the answer. */
import type { RecordStore } from '@nats-bridge/messaging';
import { decodeHeaderValue, HEADER, stateOf } from '@nats-bridge/protocol';
import type { TraceSpan, Tracing } from '@nats-bridge/tracing';
import { failureOf } from '../failure-of.js';
import type { HandlerResponse } from '../handler.js';
import type { ReadRequest } from '../run-handler.js';

export type TracedDelivery = {
  readonly headers: Readonly<Record<string, string>>;
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

export function traceDelivery(tracing: Tracing, delivery: TracedDelivery): DeliveryTrace {
  const { headers, destination, attempt, stored } = delivery;
  const about = {
    'messaging.system': 'nats',
    'messaging.destination.template': destination,
    'messaging.message.conversation_id': decodeHeaderValue(headers[HEADER.correlationId] ?? ''),
  };
  const parent = headers[HEADER.traceparent];
  // Of a later delivery most of the time since was not waiting.
  if (stored !== undefined && attempt === 1)
    tracing
      .begin(`wait ${destination}`, {
        kind: 'internal',
        parent,
        beganAt: Math.min(stored.atMs, Date.now()), // clocks of two machines
        attributes: { ...about, 'messaging.consumer.group.name': stored.consumer },
      })
      .end();
  const processing = tracing.begin(`process ${destination}`, {
    kind: 'consumer',
    parent,
    attributes: {
      ...about,
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
      'messaging.consumer.group.name': stored?.consumer,
      'nats_bridge.stream_sequence': stored?.seq,
      'nats_bridge.attempt': attempt,
    },
  });

  function beginReply(): TraceSpan {
    return tracing.begin('publish reply', {
      kind: 'producer',
      parent: processing,
      attributes: {
        'messaging.system': 'nats',
        'messaging.operation.name': 'publish',
        'messaging.operation.type': 'send',
        'messaging.message.conversation_id': about['messaging.message.conversation_id'],
      },
    });
  }

  async function during<T>(span: TraceSpan, run: () => T | Promise<T>): Promise<T> {
    try {
      const result = await run();
      span.end();
      return result;
    } catch (error) {
      span.end(failureOf(error));
      throw error;
    }
  }

  return {
    handle(read, run) {
      const { operation } = read.request;
      const span = tracing.begin(`handle ${operation}`, {
        kind: 'internal',
        parent: processing,
        attributes: {
          'nats_bridge.operation': operation,
          'nats_bridge.attempt': read.attempt,
          'messaging.message.conversation_id': about['messaging.message.conversation_id'],
        },
      });
      processing.set({ 'nats_bridge.operation': operation });
      return during(span, async () => {
        const response = await run({ ...read, headers: { ...read.headers, traceparent: span.traceparent } });
        span.set({ 'nats_bridge.result': STATUSES.find((status) => status === response.status) });
        return response;
      });
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
      processing.set({ 'nats_bridge.ending': ending });
      processing.end(failure);
    },
  };
}

/** What a handler answers is checked further on. */
const STATUSES = ['success', 'failure', 'processing'] as const;
