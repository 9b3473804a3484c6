/** The span of a gRPC call at the door: from its bytes to its answer. */
import { status } from '@grpc/grpc-js';
import type { SpanTemplate, TraceSpan, Tracing } from '@nats-bridge/connector';
import type { Outcome } from '@nats-bridge/protocol';

/**
 * @param name `Service/Method` of the catalogue
 * @returns begins the span of a call, below the `traceparent` of its caller as it came
 */
export function traceMethod(tracing: Tracing, name: string): (parent: unknown) => RpcTrace {
  const [service = '', method = ''] = name.split('/');
  const template: SpanTemplate<RpcTrace> = {
    kind: 'server',
    name: () => `types.${name}`,
    attributes: ({ outcome, refusedAs, code }) => ({
      'rpc.system': 'grpc',
      'rpc.service': `types.${service}`,
      'rpc.method': method,
      'rpc.grpc.status_code': code,
      'nats_bridge.operation': outcome?.operation,
      'nats_bridge.result': outcome && (outcome.kind === 'answered' ? outcome.reply.status : outcome.kind),
      'messaging.message.conversation_id': refusedAs ?? outcome?.correlationId,
    }),
  };
  return (parent) => new RpcTrace(tracing, template, typeof parent === 'string' ? parent : undefined);
}

export class RpcTrace {
  /** For the connector, whose spans hang below it. */
  readonly span: TraceSpan;
  /** What became of the operation, told before the call ends. */
  outcome: Outcome | undefined = undefined;
  /** It became no operation; its caller was told this correlation id. */
  refusedAs: string | undefined = undefined;
  code: status | undefined = undefined;

  constructor(tracing: Tracing, template: SpanTemplate<RpcTrace>, parent: string | undefined) {
    this.span = tracing.begin(template, this, parent);
  }

  /** The call has failed when it was refused, and when nobody can say that its operation was carried out. */
  ended(code: status): void {
    this.code = code;
    const { outcome } = this;
    const doubt = outcome === undefined || outcome.kind === 'answered' ? undefined : outcome.error.code;
    this.span.end(code === status.OK ? doubt : status[code]);
  }
}
