/** The spans of the connector: a call from its beginning to its outcome, and each time its request is published. */
import type { BridgeErrorCode, Operation, RouterData } from '@nats-bridge/protocol';
import type { TraceParent, TraceSpan, Tracing } from '@nats-bridge/tracing';
import type { Exchange } from '../exchange.js';
import type { CallResult } from '../observation.js';

type Call = { readonly operation: Operation; readonly data: RouterData; readonly correlationId: string };

/** A caller may send anything as its connector. */
const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;

/** @returns undefined where nothing is traced */
export function beginCall(
  tracing: Tracing | undefined,
  { operation, data, correlationId }: Call,
  parent: TraceParent | undefined,
): TraceSpan | undefined {
  return tracing?.begin(`execute ${operation}`, {
    kind: 'internal',
    parent,
    attributes: {
      'nats_bridge.operation': operation,
      'nats_bridge.connector': NAME.test(data.connector) ? data.connector : 'other',
      'messaging.message.conversation_id': correlationId,
    },
  });
}

/** A decline is an answer: only what is unknown or was not sent has failed. */
export function endCall(span: TraceSpan | undefined, result: CallResult, code?: BridgeErrorCode): void {
  if (span === undefined) return;
  span.set({ 'nats_bridge.result': result });
  span.end(result === 'unknown' || result === 'not_sent' ? (code ?? result) : undefined);
}

/** @param destination the subject with `{merchant_id}` in it, or with wildcards */
export function beginPublish(
  tracing: Tracing | undefined,
  { operation, correlationId, trace, isDurable }: Exchange,
  destination: string,
): TraceSpan | undefined {
  // Without a stream nothing confirms a request but its answer.
  const name = isDurable ? 'publish' : 'request';
  return tracing?.begin(`${name} ${destination}`, {
    kind: 'producer',
    parent: trace,
    attributes: {
      'messaging.system': 'nats',
      'messaging.operation.name': name,
      'messaging.operation.type': 'send',
      'messaging.destination.template': destination,
      'messaging.message.conversation_id': correlationId,
      'nats_bridge.operation': operation,
    },
  });
}
