/** Authorize, capture, void, sync and their kin. */
import { setTimeout as delay } from 'node:timers/promises';
import type { BridgeRequest } from '@nats-bridge/protocol';
import type { Handler, HandlerContext, HandlerResponse, Handlers } from '@nats-bridge/worker';
import { behaviourOf, type CardBehaviour, TEST_CARDS } from '../cards.js';
import {
  approve,
  capture,
  inCurrency,
  increment,
  isRefusal,
  type Payment,
  type Refusal,
  refuse,
  reverse,
  settle,
  voidAuthorization,
} from '../payment.js';
import { AUTHENTICATION_DECLINE, answerTo, describe } from '../payment-answer.js';
import { currency, field, minorAmount, own, text } from '../request-reader.js';
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
    capture: changes(sandbox, (payment, request) =>
      inCurrency(payment, text(request, 'amount_to_capture', 'currency'), (one) =>
        capture(one, minorAmount(request, 'amount_to_capture')),
      ),
    ),
    void: changes(sandbox, voidAuthorization),
    reverse: changes(sandbox, reverse),
    incremental_authorization: async (request, context) => {
      const changed = await change(sandbox, request, context, (payment) =>
        inCurrency(payment, text(request, 'amount', 'currency'), (one) =>
          increment(one, minorAmount(request, 'amount')),
        ),
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
  if (isRefusal(source)) return refusal(source);
  const amount = minorAmount(request, 'amount');
  const behaviour = behaviourOf(source.number, amount);
  if (behaviour.kind === 'slow') await delay(sandbox.slowMs, undefined, { signal: context.signal });
  const wantsMandate = field(request, 'setup_future_usage') === 'OFF_SESSION';
  return open(sandbox, request, context, behaviour, {
    amount,
    last4: source.last4,
    mandateId: wantsMandate ? `mandate_${digest(own(request, context.idempotencyKey))}` : undefined,
  });
}

type Opening = { readonly amount: number; readonly last4: string; readonly mandateId?: string };

/** Makes the payment that this key stands for, or finds that it was made before. */
export async function open(
  sandbox: Sandbox,
  request: BridgeRequest,
  context: HandlerContext,
  behaviour: CardBehaviour,
  { amount, last4, mandateId }: Opening,
): Promise<HandlerResponse> {
  const id = `pay_${digest(own(request, context.idempotencyKey))}`;
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
  const answer = answerTo(payment);
  const record: PaymentRecord = { payment, answers: { [context.idempotencyKey]: answer } };
  const { value, isNew } = await sandbox.store.create('payment', own(request, id), record);
  await sandbox.store.create('attempt', own(request, attemptId), id);
  if (mandateId !== undefined && payment.status !== 'failed')
    await sandbox.store.create('mandate', own(request, mandateId), {
      id: mandateId,
      status: 'active',
      last4,
    });
  // The money is taken, and nobody hears of it until the request comes again.
  if (isNew && behaviour.kind === 'crash') sandbox.crash();
  return value.answers[context.idempotencyKey] ?? answer;
}

function started(payment: Payment, behaviour: CardBehaviour, sandbox: Sandbox): Payment {
  switch (behaviour.kind) {
    case 'decline':
      return { ...payment, decline: behaviour.decline };
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
    return isDeclined ? { ...payment, status: 'failed', decline: AUTHENTICATION_DECLINE } : approve(payment);
  });
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
  const key = context.idempotencyKey;
  const result = await sandbox.store.update<PaymentRecord, HandlerResponse>(
    'payment',
    own(request, id ?? ''),
    (record) => {
      const before = record.answers[key];
      if (before !== undefined) return { value: record, result: before };
      const settled = settle(record.payment, sandbox.now());
      const after = step(settled);
      // A refusal is remembered too: the same request, delivered again, must not succeed after it was answered.
      const [payment, given] = isRefusal(after) ? [settled, refusal(after)] : [after, answer(after)];
      return { value: { payment, answers: { ...record.answers, [key]: given } }, result: given };
    },
  );
  return result ?? refusal(missing(request));
}

/** The payment a request is about, brought up to date: by the processor's id, else by the attempt. */
export async function findPayment(
  sandbox: Sandbox,
  request: BridgeRequest,
): Promise<PaymentRecord | undefined> {
  const id = await paymentIdOf(sandbox, request);
  return sandbox.store.update<PaymentRecord, PaymentRecord>('payment', own(request, id ?? ''), (record) => {
    const payment = settle(record.payment, sandbox.now());
    const value = payment === record.payment ? record : { ...record, payment };
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
    const found = attempt ? await sandbox.store.read<string>('attempt', own(request, attempt)) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

function missing(request: BridgeRequest): Refusal {
  const id = text(request, 'connector_transaction_id') ?? request.router_data.attempt_id;
  return refuse('resource_missing', `There is no payment ${id}`);
}

function captureOf(method: string | undefined): Payment['capture'] {
  if (method === 'MANUAL_MULTIPLE') return 'multiple';
  return method === 'MANUAL' || method === 'SCHEDULED' ? 'once' : 'automatic';
}

/** A number that decides what happens, and what of it may be shown. */
export type CardSource = { readonly number?: string; readonly last4: string };

/** Behind a token: somebody will try a real card one day, and no number is kept. */
export type KeptCard = { readonly testCard?: number; readonly last4: string };

/** The card behind a request, be it in clear or behind a token; other payment methods have none and are approved. */
export async function cardOf(sandbox: Sandbox, request: BridgeRequest): Promise<CardSource | Refusal> {
  const token = text(request, 'payment_method', 'token', 'token') ?? text(request, 'connector_token');
  if (token !== undefined) {
    const stored = await sandbox.store.read<KeptCard>('token', own(request, token));
    if (stored === undefined) return refuse('token_not_found', `There is no token ${token}`);
    const { testCard = -1, last4 } = stored;
    return { number: TEST_CARDS[testCard]?.number, last4 };
  }
  const number =
    text(request, 'payment_method', 'card', 'card_number') ?? text(request, 'card_proxy', 'card_number');
  return { number, last4: number?.slice(-4) ?? '' };
}
