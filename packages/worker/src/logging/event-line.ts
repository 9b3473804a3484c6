/** What a worker reports of itself, as lines of the log. */
import type { LogInput } from '@nats-bridge/logging';
import { PrioritiesMissingError, saysNoConsumer, saysNoStream } from '@nats-bridge/messaging';
import { OPERATIONS, type Operation } from '@nats-bridge/protocol';
import { failureOf } from '../telemetry/failure-of.js';
import type { DeliveryIds, WorkerEvent } from '../worker-event.js';

export function eventLine(event: WorkerEvent): LogInput {
  const line = (level: LogInput['level'], message: string, more: Partial<LogInput> = {}): LogInput => ({
    ...more,
    level,
    module: 'worker',
    message,
    event: event.type,
    ...fieldsOf(event),
  });
  switch (event.type) {
    case 'started':
      return line('info', `takes ${described(event.operations)} (${event.mode})`);
    case 'metrics_served':
      return line('info', `serves metrics at ${event.url}`);
    case 'answered':
      return line('info', `${event.operation} answered`, { duration_ms: event.ms });
    case 'overloaded':
      return line('warn', 'too many requests in hand: one was refused');
    case 'expired':
      return line('warn', 'was not run: its deadline had passed');
    case 'dropped':
      return line('warn', 'was not run: it had been withdrawn');
    case 'resent':
      return line('info', 'was not run again: its answer was said once more');
    case 'conflict':
      return line('warn', 'was refused: its idempotency key was used for another request');
    case 'superseded':
      return line('error', 'another worker took over and answered: look whether this one had an effect');
    case 'malformed':
      return line('warn', `is no request: ${event.reason}`);
    case 'handler_failed':
      // Not its message, which may hold what the processor was sent.
      return line('error', retryOf(event), { code: failureOf(event.error) });
    case 'reply_reduced':
      return line('error', 'its answer was recorded without what could not be encoded or put away', {
        code: failureOf(event.error),
      });
    case 'reply_failed':
      return line('error', 'its answer could not be published', { code: failureOf(event.error) });
    case 'consumer_unavailable':
      return line('warn', `${event.consumer} cannot be read; it is tried again${remedyOf(event)}`, {
        code: failureOf(event.error),
      });
    case 'traces_not_exported':
      return line('warn', event.error.message);
    case 'draining':
      return line('info', 'takes nothing new, and finishes what was begun');
    case 'abandoned':
      return line('error', `${event.requests} requests did not end in time; stored ones are delivered again`);
    case 'stopped':
      return line('info', 'stopped');
  }
}

function described(operations: readonly Operation[]): string {
  return operations.length === OPERATIONS.length ? 'every operation' : operations.join(', ');
}

function remedyOf({ error, pool }: Extract<WorkerEvent, { type: 'consumer_unavailable' }>): string {
  if (error instanceof PrioritiesMissingError) return `. ${error.message}`;
  if (!saysNoConsumer(error) && !saysNoStream(error)) return '';
  const which =
    pool === undefined ? 'a bridge' : `a bridge with [nats_bridge.pools.${pool}] in its configuration`;
  return `. There is none: ${which} makes it when it starts. Start one, or look whether this is its server, stream and pool`;
}

function retryOf({ operation, retryInMs }: Extract<WorkerEvent, { type: 'handler_failed' }>): string {
  const again = retryInMs > 0 ? `it is delivered again in ${retryInMs} ms` : 'nobody delivers it again';
  return `the handler of ${operation} failed; ${again}`;
}

function fieldsOf(event: WorkerEvent): Partial<LogInput> {
  const { ids, operation, attempt } = event as {
    readonly ids?: DeliveryIds;
    readonly operation?: string;
    readonly attempt?: number;
  };
  return {
    operation,
    merchant_id: ids?.merchantId,
    payment_id: ids?.paymentId,
    attempt_id: ids?.attemptId,
    correlation_id: ids?.correlationId,
    delivery: attempt,
  };
}
