/** A webhook that no worker has read: its sender is to come again, and only a gRPC error makes Hyperswitch say so. */
import type { Outcome } from '@nats-bridge/protocol';

type Unread = Exclude<Outcome, { readonly kind: 'answered' }>;

/** A worker that answers, be it that the event means nothing to it, has read the webhook. */
export function isUnread(outcome: Outcome): outcome is Unread {
  return outcome.operation === 'parse_webhook' && outcome.kind !== 'answered';
}

export class WebhookUnreadError extends Error {
  override readonly name = 'WebhookUnreadError';
  readonly correlationId: string;

  constructor({ error, correlationId }: Unread) {
    super(
      `No worker has read the webhook: ${error.code}, ${error.message}. Its sender has to send it again; an answer without an event type would tell him that it was taken`,
    );
    this.correlationId = correlationId;
  }
}
