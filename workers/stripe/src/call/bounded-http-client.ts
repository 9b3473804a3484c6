/** Stripe's HTTP client with an end: nothing is sent after it, and no answer is waited for beyond it. */
import type { Stripe } from 'stripe';

type HttpClient = ReturnType<typeof Stripe.createNodeHttpClient>;

/**
 * The SDK repeats calls by itself and knows of no deadline, so each try is held to what is left.
 *
 * @param endsAt milliseconds since the epoch
 */
export function boundedHttpClient(inner: HttpClient, endsAt: number): HttpClient {
  return {
    getClientName: () => inner.getClientName(),
    makeRequest(host, port, path, method, headers, body, protocol, timeoutMs) {
      const leftMs = endsAt - Date.now();
      if (leftMs <= 0) return Promise.reject(Object.assign(new Error('no time left'), { code: 'ETIMEDOUT' }));
      return inner.makeRequest(
        host,
        port,
        path,
        method,
        headers,
        body,
        protocol,
        Math.min(timeoutMs, leftMs),
      );
    },
  };
}
