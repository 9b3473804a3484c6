/** A request that this worker refuses itself: nothing was sent to Stripe, so the answer is a plain failure. */
export class Refusal extends Error {
  override readonly name = 'Refusal';

  /** @param code what Hyperswitch shows, in the manner of Stripe's own codes */
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}
