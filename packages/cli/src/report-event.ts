/** What a bridge reports while it runs, as lines for its operator. */
import type { BridgeEvent, NewDeadLetter, Queue } from '@nats-bridge/connector';
import { mark, progress } from './terminal.js';

export function reportEvent(event: BridgeEvent): void {
  progress(lineOf(event));
}

/** A request was given up: said once, by the bridge that made the letter of it. */
export function reportLetter(queue: Queue, { operation, merchantId, idempotencyKey }: NewDeadLetter): void {
  const what = `${operation} of ${merchantId} (${idempotencyKey || 'no key'})`;
  progress(
    queue === 'interventions'
      ? `${mark.warning()} ${what} may have moved money and was given up: nats-bridge dlq list --queue interventions`
      : `${what} was given up: nats-bridge dlq list`,
  );
}

function lineOf(event: BridgeEvent): string {
  switch (event.type) {
    case 'error':
      return `${event.subject}: ${event.error.message}`;
    case 'overlapping_consumers': {
      const { consumers, subject } = event.overlap;
      return `${mark.warning()} the consumers ${consumers.join(' and ')} each get every request on ${subject}: a payment may be executed by both. Stop one of them, or bind its workers to the other`;
    }
    case 'stray_reply':
      return `${mark.warning()} a reply on ${event.reply.replySubject} names another request; nobody was given it`;
    case 'late_reply':
      return `the answer to ${event.reply.msgId} came late; it is recorded`;
  }
}
