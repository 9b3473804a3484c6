/** What a bridge reports while it runs, as lines for its operator. */
import type { BridgeEvent } from '@nats-bridge/connector';
import { mark, progress } from './terminal.js';

export function reportEvent(event: BridgeEvent): void {
  progress(lineOf(event));
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
