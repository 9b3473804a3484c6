/**
 * ParseEvent and HandleEvent for an event the bridge itself posted. What is answered stands in the ledger, under a key
 * the event names; nothing else of its body is believed, so a forged one changes nothing.
 */
import { randomUUID } from 'node:crypto';
import { callOf, type Settlement } from '@nats-bridge/connector';
import {
  decodeUcs,
  isKeyOfTenant,
  type JsonObject,
  type Operation,
  type Outcome,
  outcomeOfReply,
  type RouterData,
} from '@nats-bridge/protocol';
import type { PaymentBridge } from '../bridge.js';
import { encodeAnswer } from '../ucs/encode-answer.js';
import type { OnWarning } from '../warning.js';
import { isGenuine } from './event-signature.js';
import { isOver, stepOf, UNTOLD } from './payment-steps.js';
import { headerOf, type ReceivedRequest, readEvent, SIGNATURE_HEADER } from './settled-event.js';
import { webhookEventType } from './webhook-event-type.js';

/** @returns undefined for what is not the bridge's own: it is for the workers */
export type AnswerOwnEvent = (operation: Operation, data: RouterData) => Promise<Outcome> | undefined;

/** How long a worker may take to say how a payment stands now. Hyperswitch waits, and so does who posted. */
const ASK_MS = 5_000;

export function ownEvents(bridge: PaymentBridge, onWarning: OnWarning): AnswerOwnEvent {
  const { lateAnswers } = bridge;
  return (operation, data) => {
    if (operation !== 'parse_webhook' && operation !== 'handle_webhook') return undefined;
    const received = receivedRequest(data);
    const event = readEvent(received);
    if (event === undefined || lateAnswers === undefined) return undefined;
    const { merchant_id, idempotency_key } = event;
    // Of another merchant nothing is told.
    const settled =
      merchant_id === data.merchant_id && isKeyOfTenant(idempotency_key, data)
        ? lateAnswers.find(merchant_id, idempotency_key)
        : Promise.resolve(undefined);
    return settled.then(async (settlement) => {
      const response =
        operation === 'parse_webhook'
          ? parsed(settlement)
          : await handled(settlement, received, data, bridge, onWarning);
      const call = { operation, data, correlationId: randomUUID() };
      return outcomeOfReply(call, { status: 'success', response });
    });
  };
}

/**
 * Hyperswitch looks for the connector's id first, and which one it has, the alias or the processor's, depends on what
 * it asked since. Its own ids it always knows. Without a type the event is "not supported", and has no effect.
 */
function parsed(settlement: Settlement | undefined): JsonObject {
  if (settlement === undefined) return {};
  const { note, outcome } = settlement;
  const { row } = callOf(note);
  return {
    event_type: webhookEventType(row, outcome.status),
    reference:
      row.statusKind === 'refund'
        ? { refund: { merchant_refund_id: note.refund_id ?? note.attempt_id } }
        : { payment: { merchant_transaction_id: note.attempt_id } },
  };
}

/** Without content Hyperswitch answers that it could not process the event, so that it comes again. */
async function handled(
  settlement: Settlement | undefined,
  received: ReceivedRequest,
  data: RouterData,
  bridge: PaymentBridge,
  onWarning: OnWarning,
): Promise<JsonObject> {
  const secrets = (data.request.webhook_secrets ?? {}) as { secret?: string; additional_secret?: string };
  const isSigned = isGenuine(
    received.body,
    headerOf(received, SIGNATURE_HEADER),
    [secrets.secret, secrets.additional_secret],
    Date.now(),
  );
  if (settlement === undefined) return { source_verified: isSigned };
  const { row } = callOf(settlement.note);
  const { outcome, isCurrent } = await standingOf(settlement, data, bridge);
  return {
    // What is not vouched for Hyperswitch asks about by itself.
    source_verified: isSigned && isCurrent,
    event_type: webhookEventType(row, outcome.status),
    event_content: contentOf({ ...settlement, outcome }, onWarning),
  };
}

/**
 * How it stands now. The event may be late, or sent a second time: a payment that was only on its way when its answer
 * was recorded is asked about once more, so that nothing older takes the place of what Hyperswitch has heard since.
 *
 * @returns `isCurrent` false where no worker could say so
 */
async function standingOf(
  { note, outcome }: Settlement,
  { connector_auth_type, merchant_id, tenant_id }: RouterData,
  bridge: PaymentBridge,
): Promise<{ readonly outcome: Outcome; readonly isCurrent: boolean }> {
  const { row, data } = callOf(note);
  if (row.statusKind !== 'payment' || isOver(outcome.status)) return { outcome, isCurrent: true };
  const connector_transaction_id = outcome.kind === 'answered' ? outcome.transactionId : undefined;
  const question = {
    ...data,
    merchant_id,
    tenant_id,
    connector_auth_type,
    request: { ...note.request, merchant_transaction_id: note.attempt_id, connector_transaction_id },
  };
  const now = await bridge
    .execute('sync', question, { deadlineAt: Date.now() + ASK_MS, isForWorkersAlone: true })
    .catch(() => undefined);
  if (now?.kind !== 'answered' || UNTOLD.has(now.status)) return { outcome, isCurrent: false };
  return { outcome: stepOf(now.status) > stepOf(outcome.status) ? now : outcome, isCurrent: true };
}

/** The full answer, made by the same code as if it had come in time. */
function contentOf({ note, outcome }: Settlement, onWarning: OnWarning): JsonObject {
  const { row } = callOf(note);
  const isRefund = row.statusKind === 'refund';
  const responseType = isRefund ? 'RefundResponse' : 'PaymentServiceGetResponse';
  const bytes = encodeAnswer(
    `late ${row.operation}`,
    {
      row: { ...row, idField: isRefund ? 'connector_refund_id' : 'connector_transaction_id' },
      responseType,
      request: {
        merchant_transaction_id: note.attempt_id,
        merchant_refund_id: note.refund_id,
        ...note.request,
      },
      outcome,
      alias: note.alias,
    },
    onWarning,
  );
  return { [isRefund ? 'refunds_response' : 'payments_response']: decodeUcs(responseType, bytes) };
}

function receivedRequest({ request }: RouterData): ReceivedRequest {
  const details = (request.request_details ?? {}) as {
    headers?: Record<string, string>;
    body?: string;
  };
  return { headers: details.headers ?? {}, body: Buffer.from(details.body ?? '', 'base64') };
}
