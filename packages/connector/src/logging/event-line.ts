/** What a bridge reports while it runs, and the letters it makes, as lines of the log. */
import type { LogInput } from '@nats-bridge/logging';
import { describeConflict } from '@nats-bridge/messaging';
import { HEADER, headerText, parsePaymentSubject, type Queue } from '@nats-bridge/protocol';
import type { BridgeEvent } from '../bridge-event.js';
import type { NewDeadLetter } from '../dead-letters/dead-letter.js';
import { fieldsOf } from './call-line.js';

export function eventLine(event: BridgeEvent): LogInput {
  switch (event.type) {
    case 'error':
      return {
        level: 'warn',
        module: 'nats',
        message: `${event.subject}: ${event.error.message}`,
        event: event.type,
        ...(event.ids && fieldsOf(event.ids)),
        code: codeOf(event.error),
      };
    case 'overlapping_consumers': {
      const { consumers, subject } = event.overlap;
      return {
        level: 'error',
        module: 'nats',
        message: `the consumers ${consumers.join(' and ')} each get every request on ${subject}: a payment may be executed by both. Stop one of them, or bind its workers to the other`,
        event: event.type,
      };
    }
    case 'topology_conflict':
      return {
        level: 'warn',
        module: 'nats',
        message: describeConflict(event.conflict),
        event: event.type,
      };
    case 'stray_reply':
      return {
        level: 'warn',
        module: 'replies',
        message: `a reply on ${event.reply.replySubject} names another request; nobody was given it`,
        event: event.type,
        // What waited there; what the reply names may be anything.
        correlation_id: event.reply.expectedCorrelationId,
      };
    case 'refused_reply':
      return {
        level: 'warn',
        module: 'replies',
        message: `an answer to ${event.idempotencyKey} counts for nothing: ${event.reason}`,
        event: event.type,
        merchant_id: event.merchantId,
      };
    case 'late_reply': {
      const { msgId, subject, correlationId } = event.reply;
      const about = parsePaymentSubject(subject);
      return {
        level: 'info',
        module: 'replies',
        message: `the answer to ${msgId} came late; it is recorded`,
        event: event.type,
        operation: about?.operation,
        merchant_id: about?.merchantId,
        correlation_id: correlationId,
        ...(event.ids && fieldsOf(event.ids)),
      };
    }
  }
}

/** A request was given up: said once, by the bridge that made the letter of it. */
export function letterLine(queue: Queue, letter: NewDeadLetter): LogInput {
  const { operation, merchantId, paymentId, idempotencyKey, requestHeaders } = letter;
  const what = `${operation} of ${merchantId} (${idempotencyKey || 'no key'})`;
  const mayHavePaid = queue === 'interventions';
  return {
    level: mayHavePaid ? 'error' : 'warn',
    module: 'letters',
    message: mayHavePaid
      ? `${what} may have moved money and was given up: nats-bridge dlq list --queue interventions`
      : `${what} was given up: nats-bridge dlq list`,
    event: 'letter_made',
    operation,
    merchant_id: merchantId,
    payment_id: paymentId || undefined,
    correlation_id: headerText(requestHeaders, HEADER.correlationId) || undefined,
  };
}

/** A stable code, where it is one. */
function codeOf(error: Error): string | undefined {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^[A-Z_]{1,64}$/.test(code) ? code : undefined;
}
