/** What a call to Stripe that threw means: an answer, a doubt, or a reason to come again. */
import type { BridgeResponse, Operation } from '@nats-bridge/protocol';
import { Stripe } from 'stripe';
import { errorOf } from './decline.js';
import { Refusal } from './refusal.js';
import { RetryLater } from './retry-later.js';
import { recordable, withoutSecrets } from './without-secrets.js';

type Call = {
  readonly operation: Operation;
  readonly apiKey: string;
  /** The call that moves money may have been sent. */
  readonly mayHaveEffect: boolean;
  readonly isRedelivery: boolean;
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
  return asQuestion(call, refused(error, call));
}

function afterLostConnection(error: Stripe.errors.StripeConnectionError, call: Call): BridgeResponse {
  const code = (error.detail as { code?: string } | undefined)?.code;
  if (code !== undefined && NEVER_SENT.has(code)) throw comeAgain(code);
  return inDoubt(call, code ?? 'timeout');
}

/** Stripe may have done it: nobody is told that it failed. What moves no money is simply asked again. */
function inDoubt({ mayHaveEffect }: Call, why: string): BridgeResponse {
  if (!mayHaveEffect) throw comeAgain(why);
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
  if (operation === 'sync') {
    const isMissing = answer.error?.code === 'resource_missing';
    return { ...answer, attempt_status: isMissing ? 'UNRESOLVED' : 'PAYMENT_STATUS_UNSPECIFIED' };
  }
  // Hyperswitch takes any error of a refund's sync as the refund's failure.
  if (operation === 'refund_sync')
    return {
      status: 'processing',
      refund_status: 'REFUND_STATUS_UNSPECIFIED',
      connector_response: { error: answer.error },
    };
  return answer;
}
