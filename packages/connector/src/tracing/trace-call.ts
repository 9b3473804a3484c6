/** The spans of the connector: a call from its beginning to its outcome, and each time its request is published. */
import type { BridgeErrorCode, Operation, RouterData } from '@nats-bridge/protocol';
import type { SpanTemplate, TraceSpan } from '@nats-bridge/tracing';
import type { Exchange } from '../call/exchange.js';
import type { CallResult } from '../call/observation.js';

type Call = { readonly operation: Operation; readonly data: RouterData; readonly correlationId: string };

/** A caller may send anything as its connector. */
const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;

export const CALL_SPAN: SpanTemplate<Call> = {
  kind: 'internal',
  name: ({ operation }) => `execute ${operation}`,
  attributes: ({ operation, data, correlationId }) => ({
    'nats_bridge.operation': operation,
    'nats_bridge.connector': NAME.test(data.connector) ? data.connector : 'other',
    'messaging.message.conversation_id': correlationId,
  }),
};

/** A decline is an answer: only what is unknown or was not sent has failed. */
export function endCall(span: TraceSpan | undefined, result: CallResult, code?: BridgeErrorCode): void {
  if (span === undefined) return;
  const failure = result === 'unknown' || result === 'not_sent' ? (code ?? result) : undefined;
  span.end(failure, { 'nats_bridge.result': result });
}

/** @param destinationOf the subject with `{merchant_id}` in it, or with wildcards */
export function publishSpan(destinationOf: (exchange: Exchange) => string): SpanTemplate<Exchange> {
  return {
    kind: 'producer',
    name: (exchange) => `${nameOf(exchange)} ${destinationOf(exchange)}`,
    attributes: (exchange) => ({
      'messaging.system': 'nats',
      'messaging.operation.name': nameOf(exchange),
      'messaging.operation.type': 'send',
      'messaging.destination.template': destinationOf(exchange),
      'messaging.message.conversation_id': exchange.correlationId,
      'nats_bridge.operation': exchange.operation,
    }),
  };
}

/** Without a stream nothing confirms a request but its answer. */
function nameOf({ isDurable }: Exchange): string {
  return isDurable ? 'publish' : 'request';
}
