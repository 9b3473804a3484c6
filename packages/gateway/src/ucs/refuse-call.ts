/** A call that never became an answer: its gRPC status, the id under which it is found again, and its line in the log. */
import { randomUUID } from 'node:crypto';
import { Metadata, status } from '@grpc/grpc-js';
import type { Logging } from '@nats-bridge/logging';
import { HEADER, type Operation, ValidationError } from '@nats-bridge/protocol';
import type { OnWarning } from '../warning.js';
import { type CallStatus, statusOfRefusal } from './call-status.js';
import { WebhookUnreadError } from './webhook-unread.js';

export type Refused = CallStatus & {
  readonly correlationId: string;
  /** Sent behind the status: `x-correlation-id`. */
  readonly metadata: Metadata;
};

export type RefusedCall = {
  /** `Service/Method`. */
  readonly method: string;
  /** Left out for methods that are not served, and before it is known. */
  readonly operation?: Operation;
  /** Of the door's span, where there is one. */
  readonly traceId?: string;
};

type Told = { readonly onWarning: OnWarning; readonly logging?: Pick<Logging, 'log'> };

/** What the connector has seen has an id and a line already; everything else is given both here. */
export function refuseCall(call: RefusedCall, refusal: unknown, { onWarning, logging }: Told): Refused {
  const known =
    refusal instanceof ValidationError || refusal instanceof WebhookUnreadError
      ? refusal.correlationId
      : undefined;
  const correlationId = known ?? randomUUID();
  const ids = { merchantId: '', paymentId: '', attemptId: '', correlationId };
  const refused = statusOfRefusal(call.method, refusal, (warning) => onWarning(warning, ids));
  // Of a fault of ours the warning is the line.
  if (known === undefined && refused.code !== status.INTERNAL)
    logRefusal(call, refused.code, correlationId, logging);
  return withId(refused, correlationId);
}

/** The same where the status is known before anything of the call was looked at. */
export function turnAway(
  call: RefusedCall,
  refused: CallStatus,
  { logging }: Omit<Told, 'onWarning'>,
): Refused {
  const correlationId = randomUUID();
  logRefusal(call, refused.code, correlationId, logging);
  return withId(refused, correlationId);
}

function withId(refused: CallStatus, correlationId: string): Refused {
  const metadata = new Metadata();
  metadata.set(HEADER.correlationId, correlationId);
  return { ...refused, correlationId, metadata };
}

/** The reason is the caller's to read: it is about what he sent. */
function logRefusal(
  { method, operation, traceId }: RefusedCall,
  code: status,
  correlationId: string,
  logging: Told['logging'],
): void {
  logging?.log({
    level: 'warn',
    module: 'gateway',
    message: `${method} was refused: its caller is told why`,
    event: 'call_refused',
    operation,
    correlation_id: correlationId,
    trace_id: traceId,
    code: status[code],
  });
}
