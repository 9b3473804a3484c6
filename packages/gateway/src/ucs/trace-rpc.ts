/** The span of a gRPC call at the door: from its bytes to its answer. */
import { status } from '@grpc/grpc-js';
import type { TraceSpan, Tracing } from '@nats-bridge/connector';
import type { Outcome } from '@nats-bridge/protocol';

/**
 * @param name `Service/Method` of the catalogue
 * @returns begins the span of a call, below the `traceparent` of its caller as it came
 */
export function traceMethod(tracing: Tracing, name: string): (parent: unknown) => RpcTrace {
  const [service = '', method = ''] = name.split('/');
  const attributes = { 'rpc.system': 'grpc', 'rpc.service': `types.${service}`, 'rpc.method': method };
  const spanName = `types.${name}`;
  return (parent) =>
    new RpcTrace(
      tracing.begin(spanName, {
        kind: 'server',
        parent: typeof parent === 'string' ? parent : undefined,
        attributes,
      }),
    );
}

export class RpcTrace {
  private failure: string | undefined = undefined;

  /** @param span for the connector, whose spans hang below it */
  constructor(readonly span: TraceSpan) {}

  /** What became of the operation, before the call ends. */
  outcome(outcome: Outcome): void {
    if (outcome.kind !== 'answered') this.failure = outcome.error.code;
    this.span.set({
      'nats_bridge.operation': outcome.operation,
      'nats_bridge.result': outcome.kind === 'answered' ? outcome.reply.status : outcome.kind,
      'messaging.message.conversation_id': outcome.correlationId,
    });
  }

  /** It became no operation; its caller was told this id. */
  refused(correlationId: string): void {
    this.span.set({ 'messaging.message.conversation_id': correlationId });
  }

  /** The call has failed when it was refused, and when nobody can say that its operation was carried out. */
  ended(code: status): void {
    this.span.set({ 'rpc.grpc.status_code': code });
    this.span.end(code === status.OK ? this.failure : status[code]);
  }
}
