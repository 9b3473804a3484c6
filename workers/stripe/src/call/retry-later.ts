/**
 * Stripe could not be asked, or asked to come back: thrown out of a handler, so that the worker SDK has the request
 * delivered again. Safe because every call repeats its Idempotency-Key.
 */
export class RetryLater extends Error {
  override readonly name = 'RetryLater';

  /** @param code what stood in the way, e.g. `http_429` or `ECONNREFUSED` */
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}
