/** The span of a gRPC call at the door: from its bytes to its answer. */
import { status } from '@grpc/grpc-js';
import type { Tracing } from '@nats-bridge/connector';
import type { Outcome } from '@nats-bridge/protocol';

export type RpcTrace = {
  /** For the connector, whose spans hang below this one. */
  readonly traceparent: string;
  /** What became of the operation, before the call ends. */
  outcome(outcome: Outcome): void;
  /** It became no operation; its caller was told this id. */
  refused(correlationId: string): void;
  /** The call has failed when it was refused, and when nobody can say that its operation was carried out. */
  ended(code: status): void;
};

/** @param name `Service/Method` of the catalogue @param parent `traceparent` of the caller, as it came */
export function traceRpc(tracing: Tracing, name: string, parent: unknown): RpcTrace {
  const [service = '', method = ''] = name.split('/');
  const span = tracing.begin(`types.${name}`, {
    kind: 'server',
    parent: typeof parent === 'string' ? parent : undefined,
    attributes: { 'rpc.system': 'grpc', 'rpc.service': `types.${service}`, 'rpc.method': method },
  });
  let failure: string | undefined;
  return {
    traceparent: span.traceparent,
    outcome(outcome) {
      if (outcome.kind !== 'answered') failure = outcome.error.code;
      span.set({
        'nats_bridge.operation': outcome.operation,
        'nats_bridge.result': outcome.kind === 'answered' ? outcome.reply.status : outcome.kind,
        'messaging.message.conversation_id': outcome.correlationId,
      });
    },
    refused(correlationId) {
      span.set({ 'messaging.message.conversation_id': correlationId });
    },
    ended(code) {
      span.set({ 'rpc.grpc.status_code': code });
      span.end(code === status.OK ? failure : status[code]);
    },
  };
}
