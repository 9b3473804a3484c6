/** One request on its way to Stripe: with its own key, its own deadline, and one place where what Stripe refuses becomes an answer. */
import { type BridgeRequest, isReturn, operationRow, within } from '@nats-bridge/protocol';
import type { Handler, HandlerContext, HandlerResponse } from '@nats-bridge/worker';
import { Stripe } from 'stripe';
import { answerToFailure } from '../answer/failure-answer.js';
import { keyMayBeForgotten } from '../idempotency/look-first.js';
import { stripeIdempotencyKey } from '../idempotency/stripe-idempotency-key.js';
import { boundedHttpClient } from './bounded-http-client.js';
import { apiKeyOf } from './credentials.js';
import { timedHttpClient } from './timed-http-client.js';

/** The version of Stripe's API that this worker was written for and tested with; the account's own is not used. */
export const STRIPE_API_VERSION = '2026-10-28.endive' satisfies typeof Stripe.API_VERSION;

export type StripeSettings = {
  /** Default `https://api.stripe.com`. Another is for tests and proxies. */
  readonly apiUrl?: string;
  /** How often the SDK repeats a call within the deadline: lost connections, 409 and 5xx. Default 2. */
  readonly maxNetworkRetries?: number;
};

export type StripeCall = {
  readonly request: BridgeRequest;
  readonly context: HandlerContext;
  readonly stripe: Stripe;
  /** What Stripe is given for the call that has the effect. */
  readonly idempotencyKey: string;
  /**
   * Options of the call that has the effect, or of a step before or after it. Before the former is asked for, a call
   * that is lost has done nothing that matters.
   */
  keyed(step?: string): Stripe.RequestOptions;
  /**
   * What an earlier run has done, where there may have been one under a key that Stripe has forgotten. Asked before
   * anything is sent: until then, what Stripe refuses says nothing of that run.
   */
  lookFirst<T>(find: () => Promise<T | undefined>): Promise<T | undefined>;
};

/** An operation on Stripe. A {@link Refusal} or an error of the SDK that it throws becomes the right answer. */
export type StripeOperation = (call: StripeCall) => Promise<HandlerResponse>;

/** What the answer needs to travel back before nobody waits any more. */
const WAY_BACK_MS = 500;
/** A call is not begun for less: with the key repeated, being late is better than not knowing. */
const LEAST_MS = 1_000;

/** Stripe as the merchant of one request, for as long as its caller waits. */
export type StripeOfRequest = {
  readonly apiKey: string;
  readonly stripe: Stripe;
  /** @throws StripeConnectionError when the answer does not come in time */
  inTime<T extends object>(answer: Promise<T>): Promise<T>;
};

/** @throws Refusal when the request has no API key */
export type ConnectStripe = (request: BridgeRequest, context: HandlerContext) => StripeOfRequest;

/** Requests share connections to one Stripe API. */
export function createConnectStripe(settings: StripeSettings): ConnectStripe {
  const address = new URL(settings.apiUrl ?? 'https://api.stripe.com');
  const http = Stripe.createNodeHttpClient();
  return (request, context) => {
    const endsAt = Math.max(context.deadlineAt - WAY_BACK_MS, Date.now() + LEAST_MS);
    const apiKey = apiKeyOf(request);
    const stripe = new Stripe(apiKey, {
      apiVersion: STRIPE_API_VERSION,
      httpClient: timedHttpClient(boundedHttpClient(http, endsAt), context.processor),
      maxNetworkRetries: settings.maxNetworkRetries ?? 2,
      protocol: address.protocol === 'http:' ? 'http' : 'https',
      host: address.hostname,
      port: address.port || (address.protocol === 'http:' ? 80 : 443),
      telemetry: false,
      appInfo: { name: 'nats-bridge' },
    });
    return { apiKey, stripe, inTime: (answer) => until(endsAt, answer) };
  };
}

/** Makes handlers of operations on Stripe. */
export function createHandlerFactory(connect: ConnectStripe): (operation: StripeOperation) => Handler {
  return (operation) => async (request, context) => {
    let apiKey = '';
    let isBegun = false;
    let isKeyForgotten = keyMayBeForgotten({ request, context });
    try {
      const connected = connect(request, context);
      const { stripe, inTime } = connected;
      apiKey = connected.apiKey;
      const keyFor = (step?: string) => stripeIdempotencyKey(request, context.idempotencyKey, step);
      const keyed = (step?: string) => {
        isBegun ||= step === undefined;
        return { idempotencyKey: keyFor(step) };
      };
      const lookFirst = async <T>(find: () => Promise<T | undefined>) => {
        if (!isKeyForgotten) return undefined;
        const found = await find();
        isKeyForgotten = false;
        return found;
      };
      const call = { request, context, stripe, idempotencyKey: keyFor(), keyed, lookFirst };
      return await inTime(operation(call));
    } catch (error) {
      const { movesMoney } = operationRow(request.operation);
      return answerToFailure(error, {
        operation: request.operation,
        apiKey,
        mayHaveEffect: movesMoney && isBegun,
        isRedelivery: context.attempt > 1,
        isReturn: isReturn(request.router_data),
        isKeyForgotten,
      });
    }
  };
}

/** The SDK waits between its tries without looking at any deadline. */
async function until<T extends object>(endsAt: number, answer: Promise<T>): Promise<T> {
  const given = await within(Math.max(0, endsAt - Date.now()), answer);
  if (given === undefined)
    throw new Stripe.errors.StripeConnectionError({ message: 'no answer in time' } as never);
  return given;
}
