/** Authorize, capture, void, sync and their kin. */
import { setTimeout as delay } from 'node:timers/promises';
import type { BridgeRequest } from '@nats-bridge/protocol';
import type { Handler, HandlerContext, HandlerResponse, Handlers } from '@nats-bridge/worker';
import { behaviourOf, type CardBehaviour } from '../cards.js';
import {
  approve,
  attemptStatus,
  capture,
  increment,
  isRefusal,
  type Payment,
  type Refusal,
  refunded,
  refuse,
  reverse,
  settle,
  voidAuthorization,
} from '../payment.js';
import { currency, field, minorAmount, text } from '../request-reader.js';
import { refusal, type Sandbox } from '../sandbox.js';
import { digest } from '../store.js';

/** A payment and the answers it gave, by idempotency key: written together, so an effect has one answer. */
export type PaymentRecord = {
  readonly payment: Payment;
  readonly answers: Readonly<Record<string, HandlerResponse>>;
};

export function paymentHandlers(sandbox: Sandbox): Handlers {
  return {
    authorize: (request, context) =>
      field(request, 'redirection_response') === undefined
        ? begin(sandbox, request, context)
        : complete(sandbox, request, context),
    charge: (request, context) => chargeMandate(sandbox, request, context),
    setup_mandate: (request, context) => setupMandate(sandbox, request, context),
    capture: changes(sandbox, (payment, request) =>
      capture(payment, minorAmount(request, 'amount_to_capture')),
    ),
    void: changes(sandbox, voidAuthorization),
    reverse: changes(sandbox, reverse),
    incremental_authorization: async (request, context) => {
      const changed = await change(sandbox, request, context, (payment) =>
        increment(payment, minorAmount(request, 'amount')),
      );
      // This operation speaks AuthorizationStatus, not that of the payment.
      return { ...changed, attempt_status: undefined };
    },
    sync: async (request) => {
      const record = await findPayment(sandbox, request);
      return record === undefined ? refusal(missing(request), 'UNRESOLVED') : describe(record.payment);
    },
    verify_redirect: async (request) => ({
      status: 'success',
      transaction_id: text(request, 'merchant_order_id'),
      response: { source_verified: true, merchant_order_id: text(request, 'merchant_order_id') },
    }),
    create_order: (request) => ({
      status: 'success',
      transaction_id: `order_${digest(`${request.merchant_id}\n${request.payment_id}`)}`,
    }),
  };
}

async function begin(
  sandbox: Sandbox,
  request: BridgeRequest,
  context: HandlerContext,
): Promise<HandlerResponse> {
  const source = await cardOf(sandbox, request);
  const amount = minorAmount(request, 'amount');
  const behaviour = behaviourOf(source.number, amount);
  if (behaviour.kind === 'slow') await delay(sandbox.slowMs, undefined, { signal: context.signal });
  const wantsMandate = field(request, 'setup_future_usage') === 'OFF_SESSION';
  return open(sandbox, request, context, behaviour, {
    amount,
    last4: source.last4,
    mandateId: wantsMandate ? `mandate_${digest(context.idempotencyKey)}` : undefined,
  });
}

type Opening = { readonly amount: number; readonly last4: string; readonly mandateId?: string };

/** Makes the payment that this key stands for, or finds that it was made before. */
async function open(
  sandbox: Sandbox,
  request: BridgeRequest,
  context: HandlerContext,
  behaviour: CardBehaviour,
  { amount, last4, mandateId }: Opening,
): Promise<HandlerResponse> {
  const id = `pay_${digest(`${request.merchant_id}\n${context.idempotencyKey}`)}`;
  const attemptId = request.router_data.attempt_id;
  const fresh: Payment = {
    id,
    attemptId,
    status: 'failed',
    currency: currency(request),
    capture: captureOf(text(request, 'capture_method')),
    authorized: amount,
    captured: 0,
    refunds: [],
    last4,
    mandateId,
  };
  const payment = started(fresh, behaviour, sandbox);
  const answer = behaviour.kind === 'decline' ? declined(payment, behaviour) : answerTo(payment);
  const record: PaymentRecord = { payment, answers: { [context.idempotencyKey]: answer } };
  const { value, isNew } = await sandbox.store.create('payment', id, record);
  await sandbox.store.create('attempt', `${request.merchant_id}\n${attemptId}`, id);
  if (mandateId !== undefined && payment.status !== 'failed')
    await sandbox.store.create('mandate', mandateId, { id: mandateId, status: 'active', last4 });
  // The money is taken, and nobody hears of it until the request comes again.
  if (isNew && behaviour.kind === 'crash') sandbox.crash();
  return value.answers[context.idempotencyKey] ?? answer;
}

function started(payment: Payment, behaviour: CardBehaviour, sandbox: Sandbox): Payment {
  switch (behaviour.kind) {
    case 'decline':
      return payment;
    case 'redirect':
      return { ...payment, status: 'requires_action' };
    case 'processing':
      return { ...payment, status: 'processing', settlesAt: sandbox.now() + sandbox.settleAfterMs };
    default:
      return approve(payment);
  }
}

/** The customer came back from the redirect. */
async function complete(
  sandbox: Sandbox,
  request: BridgeRequest,
  context: HandlerContext,
): Promise<HandlerResponse> {
  const isDeclined = text(request, 'redirection_response', 'payload', 'result') === 'declined';
  return change(sandbox, request, context, (payment) => {
    if (payment.status !== 'requires_action')
      return refuse('payment_unexpected_state', `Payment ${payment.id} waits for no redirect`);
    return isDeclined ? { ...payment, status: 'failed' } : approve(payment);
  });
}

async function setupMandate(
  sandbox: Sandbox,
  request: BridgeRequest,
  context: HandlerContext,
): Promise<HandlerResponse> {
  const { number, last4 } = await cardOf(sandbox, request);
  const amount = minorAmount(request, 'amount');
  const id = `mandate_${digest(`${request.merchant_id}\n${context.idempotencyKey}`)}`;
  const behaviour = behaviourOf(number, amount);
  if (behaviour.kind === 'decline') return { status: 'failure', error: errorOf(behaviour) };
  await sandbox.store.create('mandate', id, { id, status: 'active', last4 });
  return {
    status: 'success',
    transaction_id: id,
    mandate_reference: mandateReference(id),
    connector_response: { id, object: 'mandate', status: 'active', last4 },
  };
}

type Mandate = { readonly id: string; readonly status: 'active' | 'revoked'; readonly last4: string };

async function chargeMandate(
  sandbox: Sandbox,
  request: BridgeRequest,
  context: HandlerContext,
): Promise<HandlerResponse> {
  const id = text(request, 'connector_recurring_payment_id', 'connector_mandate_id', 'connector_mandate_id');
  const mandate = id === undefined ? undefined : await sandbox.store.read<Mandate>('mandate', id);
  if (mandate === undefined)
    return refusal(refuse('mandate_not_found', `There is no mandate ${id ?? 'named in the request'}`));
  if (mandate.status !== 'active')
    return refusal(refuse('mandate_inactive', `Mandate ${mandate.id} is ${mandate.status}`));
  const amount = minorAmount(request, 'amount');
  const opened = await open(sandbox, request, context, behaviourOf(undefined, amount), {
    amount,
    last4: mandate.last4,
  });
  return { ...opened, mandate_reference: mandateReference(mandate.id) };
}

/** An operation on a payment that exists: refused, or done once per key. */
function changes(
  sandbox: Sandbox,
  step: (payment: Payment, request: BridgeRequest) => Payment | Refusal,
): Handler {
  return (request, context) => change(sandbox, request, context, (payment) => step(payment, request));
}

export async function change(
  sandbox: Sandbox,
  request: BridgeRequest,
  context: HandlerContext,
  step: (payment: Payment) => Payment | Refusal,
  answer: (payment: Payment) => HandlerResponse = answerTo,
): Promise<HandlerResponse> {
  const id = await paymentIdOf(sandbox, request);
  const result = await sandbox.store.update<PaymentRecord, HandlerResponse>('payment', id ?? '', (record) => {
    const before = record.answers[context.idempotencyKey];
    if (before !== undefined) return { value: record, result: before };
    const payment = settle(record.payment, sandbox.now());
    const after = step(payment);
    if (isRefusal(after)) return { value: { ...record, payment }, result: refusal(after) };
    const given = answer(after);
    return {
      value: { payment: after, answers: { ...record.answers, [context.idempotencyKey]: given } },
      result: given,
    };
  });
  return result ?? refusal(missing(request));
}

/** The payment a request is about, brought up to date: by the processor's id, else by the attempt. */
export async function findPayment(
  sandbox: Sandbox,
  request: BridgeRequest,
): Promise<PaymentRecord | undefined> {
  const id = await paymentIdOf(sandbox, request);
  return sandbox.store.update<PaymentRecord, PaymentRecord>('payment', id ?? '', (record) => {
    const value = { ...record, payment: settle(record.payment, sandbox.now()) };
    return { value, result: value };
  });
}

async function paymentIdOf(sandbox: Sandbox, request: BridgeRequest): Promise<string | undefined> {
  const id = text(request, 'connector_transaction_id');
  if (id !== undefined) return id;
  const refundId = text(request, 'refund_id') ?? text(request, 'connector_refund_id');
  if (refundId !== undefined) return refundId.replace(/_r[0-9a-f]+$/, '');
  const attempts = [request.router_data.attempt_id, text(request, 'merchant_transaction_id')];
  for (const attempt of attempts) {
    const found = attempt
      ? await sandbox.store.read<string>('attempt', `${request.merchant_id}\n${attempt}`)
      : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

function missing(request: BridgeRequest): Refusal {
  const id = text(request, 'connector_transaction_id') ?? request.router_data.attempt_id;
  return refuse('resource_missing', `There is no payment ${id}`);
}

/** The answer to an operation that left the payment so. */
function answerTo(payment: Payment): HandlerResponse {
  if (payment.status === 'failed')
    return declined(payment, { kind: 'decline', decline: AUTHENTICATION_DECLINE });
  const described = describe(payment);
  if (payment.status === 'requires_action')
    return { ...described, status: 'processing', redirection: redirection(payment) };
  return payment.mandateId === undefined
    ? described
    : { ...described, mandate_reference: mandateReference(payment.mandateId) };
}

/** What a sync says of a payment. */
function describe(payment: Payment): HandlerResponse {
  const isProcessing = payment.status === 'processing' || payment.status === 'requires_action';
  if (payment.status === 'failed')
    return declined(payment, { kind: 'decline', decline: AUTHENTICATION_DECLINE });
  return {
    status: isProcessing ? 'processing' : 'success',
    transaction_id: payment.id,
    attempt_status: attemptStatus(payment),
    ...(payment.captured > 0 && { amount_captured: payment.captured }),
    network_transaction_id: `ntid_${payment.id.slice(4, 16)}`,
    connector_metadata: { sandbox_payment: payment.id },
    connector_response: {
      id: payment.id,
      object: 'payment',
      status: payment.status,
      amount: payment.authorized,
      amount_captured: payment.captured,
      amount_refunded: refunded(payment),
      currency: payment.currency,
      last4: payment.last4,
    },
  };
}

const AUTHENTICATION_DECLINE = {
  code: 'payment_declined',
  message: 'The payment was declined',
  networkDeclineCode: '05',
  networkAdviceCode: '02',
};

function declined(payment: Payment, behaviour: Extract<CardBehaviour, { kind: 'decline' }>): HandlerResponse {
  return {
    status: 'failure',
    transaction_id: payment.id,
    error: errorOf(behaviour),
    connector_response: { id: payment.id, object: 'payment', status: 'failed', last4: payment.last4 },
  };
}

function errorOf({ decline }: Extract<CardBehaviour, { kind: 'decline' }>) {
  return {
    code: decline.code,
    message: decline.message,
    reason: decline.message,
    network_decline_code: decline.networkDeclineCode,
    network_advice_code: decline.networkAdviceCode,
  };
}

function redirection(payment: Payment) {
  return {
    form: {
      endpoint: `https://sandbox.invalid/3ds/${payment.id}`,
      method: 'HTTP_METHOD_POST',
      form_fields: { payment: payment.id },
    },
  };
}

function mandateReference(id: string) {
  return { connector_mandate_id: { connector_mandate_id: id } };
}

function captureOf(method: string | undefined): Payment['capture'] {
  if (method === 'MANUAL_MULTIPLE') return 'multiple';
  return method === 'MANUAL' || method === 'SCHEDULED' ? 'once' : 'automatic';
}

/** The card behind a request, be it in clear or behind a token; other payment methods have none and are approved. */
async function cardOf(sandbox: Sandbox, request: BridgeRequest): Promise<{ number?: string; last4: string }> {
  const token = text(request, 'payment_method', 'token', 'token') ?? text(request, 'connector_token');
  const stored =
    token === undefined ? undefined : await sandbox.store.read<{ number: string }>('token', token);
  const number =
    stored?.number ??
    text(request, 'payment_method', 'card', 'card_number') ??
    text(request, 'card_proxy', 'card_number');
  return { number, last4: number?.slice(-4) ?? '' };
}
