/** What a call to Stripe that threw means: an answer, a doubt, or a reason to come again. */
import { type BridgeResponse, type Operation, operationRow } from '@nats-bridge/protocol';
import { Stripe } from 'stripe';
import { Refusal } from '../call/refusal.js';
import { RetryLater } from '../call/retry-later.js';
import { recordable, withoutSecrets } from '../call/without-secrets.js';
import { errorOf } from './decline.js';

type Call = {
  readonly operation: Operation;
  readonly apiKey: string;
  /** The call that moves money may have been sent. */
  readonly mayHaveEffect: boolean;
  readonly isRedelivery: boolean;
  /** The customer is back from a redirect, where he may have paid. */
  readonly isReturn: boolean;
  /** An earlier delivery may have been under a key that Stripe keeps no longer, and nobody has looked. */
  readonly isKeyForgotten: boolean;
};

const { errors } = Stripe;

/** The connection was never made: nothing can have happened. */
const NEVER_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

/** Stripe's documentation: these say that nothing was done. */
const REFUSALS = new Set([400, 401, 402, 403, 404]);

/** Stripe refuses these before it looks at the Idempotency-Key. */
const BEFORE_THE_KEY = new Set([401, 403]);

/** @throws RetryLater where another delivery under the same key is safe and may do better */
export function answerToFailure(error: unknown, call: Call): BridgeResponse {
  if (error instanceof Refusal)
    return asQuestion(call, {
      status: 'failure',
      error: { code: error.code, message: withoutSecrets(error.message, call.apiKey) },
    });
  if (error instanceof errors.StripeConnectionError) return afterLostConnection(error, call);
  if (!(error instanceof errors.StripeError)) throw error;
  const status = error.statusCode ?? 500;
  if (error instanceof errors.StripeIdempotencyError) return inDoubt(call, 'idempotency_error');
  const isTooEarly = error instanceof errors.StripeRateLimitError || status === 409 || status === 429;
  if (isTooEarly) throw comeAgain(`http_${status}`, error.code);
  if (!REFUSALS.has(status)) {
    // Stripe often repeats a 500 under its key, so one more delivery must do.
    if (!call.isRedelivery) throw comeAgain(`http_${status}`, error.code);
    return inDoubt(call, `http_${status}`);
  }
  if (saysNothingOfEarlier(status, call)) return unknown(`http_${status}`);
  return asQuestion(call, refused(error, call));
}

/**
 * Under its key a call that is repeated gets its first answer, so a refusal then was one from the beginning. What is
 * refused before the key is looked at, a read, which has none, and a key that was forgotten say nothing of what an
 * earlier delivery may have done, or the customer where he was sent.
 */
function saysNothingOfEarlier(status: number, call: Call): boolean {
  const { operation, mayHaveEffect, isRedelivery, isReturn, isKeyForgotten } = call;
  if (!operationRow(operation).movesMoney || !(isRedelivery || isReturn || isKeyForgotten)) return false;
  if (BEFORE_THE_KEY.has(status)) return true;
  return !mayHaveEffect && (status === 404 || isKeyForgotten);
}

function afterLostConnection(error: Stripe.errors.StripeConnectionError, call: Call): BridgeResponse {
  const code = (error.detail as { code?: string } | undefined)?.code;
  if (code !== undefined && NEVER_SENT.has(code)) throw comeAgain(code);
  return inDoubt(call, code ?? 'timeout');
}

/** Stripe may have done it: nobody is told that it failed. What moves no money is simply asked again. */
function inDoubt({ mayHaveEffect }: Call, why: string): BridgeResponse {
  if (!mayHaveEffect) throw comeAgain(why);
  return unknown(why);
}

/** @param why a word for who reads the answer */
export function unknown(why: string): BridgeResponse {
  return { status: 'processing', connector_response: { object: 'no_answer', reason: why } };
}

function comeAgain(code: string, stripeCode?: string): RetryLater {
  const detail = stripeCode === undefined ? code : `${code}, ${stripeCode}`;
  return new RetryLater(code, `Stripe gave no final answer (${detail}): the request is delivered again`);
}

/** Stripe said no, and did nothing. */
function refused(error: Stripe.errors.StripeError, { apiKey }: Call): BridgeResponse {
  const intent = error.payment_intent ?? error.setup_intent;
  return {
    status: 'failure',
    ...(intent !== undefined && { transaction_id: intent.id, connector_response: recordable(intent) }),
    error: errorOf({ ...error, ...spoken(error), type: error.rawType }, apiKey),
  };
}

/** Stripe's own words on a refused key repeat a part of it. */
function spoken(error: Stripe.errors.StripeError): { readonly code?: string; readonly message: string } {
  if (error instanceof errors.StripeAuthenticationError)
    return {
      code: error.code ?? 'authentication_error',
      message: 'Stripe refused the API key: look at the connector account in Hyperswitch',
    };
  if (error instanceof errors.StripePermissionError)
    return {
      code: error.code ?? 'permission_error',
      message: 'The API key may not do this at Stripe: look at its permissions',
    };
  return { code: error.code, message: error.message };
}

/** That a question was refused says nothing about the payment, whose status has to stay what it is. */
function asQuestion({ operation }: Call, answer: BridgeResponse): BridgeResponse {
  const { status, isQuestion, errorMeansFailed } = operationRow(operation);
  if (operation === 'sync') {
    const isMissing = answer.error?.code === 'resource_missing';
    return { ...answer, attempt_status: isMissing ? 'UNRESOLVED' : status.unknown };
  }
  if (isQuestion && errorMeansFailed)
    return {
      status: 'processing',
      refund_status: status.unknown,
      connector_response: { error: answer.error },
    };
  return answer;
}
