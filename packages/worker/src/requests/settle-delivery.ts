/** How a delivery from the stream ends: acknowledged, given back for later, or ended with a refusal. */
import { type DeliveredMessage, encodeHeaders } from '@nats-bridge/messaging';
import { HEADER, isRecordSubject, type Operation } from '@nats-bridge/protocol';
import type { GuardedEnding } from '../guard/guarded-run.js';
import type { DeliveryIds, WorkerEvent } from '../worker-event.js';
import { encodeRefusal, type ReplyWay } from './reply.js';

export type SettlingWorld = {
  /** The consumer's. */
  readonly operation: Operation;
  readonly way: ReplyWay;
  readonly report: (event: WorkerEvent) => void;
  /** Leaves a redelivery in so many milliseconds to another worker, where there is one. */
  readonly stepBack: (inMs: number) => void;
};

const MAX_RETRY_MS = 30_000;

/** Says to the stream what became of a delivery, and tells of it. */
export function settleDelivery(
  message: DeliveredMessage,
  ending: GuardedEnding,
  { ms, ids }: { readonly ms: number; readonly ids: DeliveryIds },
  world: SettlingWorld,
): void {
  const { operation, report, stepBack, way } = world;
  const { subject } = message;
  switch (ending.kind) {
    case 'answered':
      message.ack();
      report({ type: 'answered', operation, attempt: ending.attempt, ms, ids });
      break;
    case 'failed': {
      const retryInMs = Math.min(MAX_RETRY_MS, 1_000 * 2 ** (ending.attempt - 1));
      message.nak(retryInMs);
      stepBack(retryInMs);
      const { attempt, error } = ending;
      report({ type: 'handler_failed', operation, attempt, retryInMs, error, ids });
      break;
    }
    case 'wait':
      message.nak(ending.ms);
      break;
    case 'conflict':
      refuseDelivery(message, way, {
        code: 'CONFLICT',
        message: 'Its idempotency key was used for another request',
      });
      message.term('conflict: its idempotency key was used for another request');
      report({ type: 'conflict', operation, subject, ids });
      break;
    case 'superseded':
      message.ack();
      report({ type: 'superseded', operation, subject, ids });
      break;
    case 'resent':
    case 'expired':
    case 'dropped':
      message.ack();
      report({ type: ending.kind, operation, subject, ids });
      break;
  }
}

/**
 * Who waits hears at once that nothing was done. A bridge hears it on the acknowledgement subject: the record of the
 * key may hold another request's answer.
 */
export function refuseDelivery(
  message: DeliveredMessage,
  way: ReplyWay,
  error: { readonly code: string; readonly message: string },
  to: 'caller' | 'stranger' = 'caller',
): void {
  const headers = message.headers;
  const replyTo = headers[HEADER.replyTo];
  if (!headers[HEADER.correlationId] || !replyTo) return;
  const refusal = encodeRefusal(headers, error, way.sealing, to);
  way.connection.current?.publish(isRecordSubject(replyTo) ? message.ackSubject : replyTo, refusal.body, {
    headers: encodeHeaders(refusal.headers),
  });
}
