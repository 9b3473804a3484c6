/** The sandbox's own webhooks: a JSON body signed with HMAC-SHA256 in `x-sandbox-signature`. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { BridgeRequest } from '@nats-bridge/protocol';
import type { HandlerResponse, Handlers } from '@nats-bridge/worker';
import { field, text } from '../request-reader.js';

export type SandboxEvent = {
  /** A UCS WebhookEventType, e.g. `PAYMENT_INTENT_SUCCESS` or `WEBHOOK_REFUND_SUCCESS`. */
  readonly type: string;
  readonly connector_transaction_id?: string;
  readonly merchant_transaction_id?: string;
  readonly connector_refund_id?: string;
  readonly merchant_refund_id?: string;
  /** A UCS PaymentStatus or RefundStatus. */
  readonly status?: string;
};

const SIGNATURE_HEADER = 'x-sandbox-signature';

/** Hexadecimal HMAC-SHA256 of the body, for the header `x-sandbox-signature`. */
export function signSandboxWebhook(body: string, secret: string): string {
  return createHmac('sha256', secret).update(body).digest('hex');
}

export function webhookHandlers(): Handlers {
  return {
    parse_webhook(request) {
      const event = readEvent(request);
      if (event === undefined) return unreadable();
      return { status: 'success', response: { event_type: event.type, reference: referenceOf(event) } };
    },
    handle_webhook(request) {
      const event = readEvent(request);
      if (event === undefined) return unreadable();
      const source_verified = isSigned(request);
      return {
        status: 'success',
        response: { event_type: event.type, source_verified, event_content: contentOf(event) },
      };
    },
    notify_connector: () => ({ status: 'success' }),
  };
}

function readEvent(request: BridgeRequest): SandboxEvent | undefined {
  try {
    const event = JSON.parse(bodyOf(request)) as SandboxEvent;
    return typeof event.type === 'string' ? event : undefined;
  } catch {
    return undefined;
  }
}

function bodyOf(request: BridgeRequest): string {
  return Buffer.from(text(request, 'request_details', 'body') ?? '', 'base64').toString('utf8');
}

function isSigned(request: BridgeRequest): boolean {
  const secret = text(request, 'webhook_secrets', 'secret');
  const headers = (field(request, 'request_details', 'headers') ?? {}) as Record<string, string>;
  const given = Object.entries(headers).find(([name]) => name.toLowerCase() === SIGNATURE_HEADER)?.[1];
  if (secret === undefined || given === undefined) return false;
  const [expected, actual] = [signSandboxWebhook(bodyOf(request), secret), given].map((value) =>
    Buffer.from(value),
  );
  return expected?.length === actual?.length && timingSafeEqual(expected as Buffer, actual as Buffer);
}

function isRefund(event: SandboxEvent): boolean {
  return event.type.startsWith('WEBHOOK_REFUND');
}

function referenceOf(event: SandboxEvent) {
  const { connector_refund_id, merchant_refund_id, connector_transaction_id, merchant_transaction_id } =
    event;
  return isRefund(event)
    ? { refund: { connector_refund_id, merchant_refund_id, connector_transaction_id } }
    : { payment: { connector_transaction_id, merchant_transaction_id } };
}

function contentOf(event: SandboxEvent) {
  const {
    connector_refund_id,
    merchant_refund_id,
    connector_transaction_id,
    merchant_transaction_id,
    status,
  } = event;
  return isRefund(event)
    ? {
        refunds_response: {
          connector_refund_id,
          merchant_refund_id,
          connector_transaction_id,
          status,
          status_code: 200,
        },
      }
    : { payments_response: { connector_transaction_id, merchant_transaction_id, status, status_code: 200 } };
}

function unreadable(): HandlerResponse {
  return {
    status: 'failure',
    error: { code: 'webhook_unreadable', message: 'The body is not an event of the sandbox' },
  };
}
