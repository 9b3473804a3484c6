/** Stripe's HTTP client, whose waiting counts as the processor's part of the handler. */
import type { HandlerContext } from '@nats-bridge/worker';
import type { Stripe } from 'stripe';

type HttpClient = ReturnType<typeof Stripe.createNodeHttpClient>;

/** Of each try from its sending to the head of its answer; the SDK's pauses between tries are the handler's. */
export function timedHttpClient(inner: HttpClient, processor: HandlerContext['processor']): HttpClient {
  return {
    getClientName: () => inner.getClientName(),
    makeRequest: (...request) => processor(() => inner.makeRequest(...request)),
  };
}
