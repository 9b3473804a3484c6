/** These servers hold copies of another region: what that one carried out may not be known here. */
import { BridgeError } from '@nats-bridge/protocol';

/** Nothing is sent; but the other region may have carried out an earlier call of the same key, so nobody hears "failed" (P4). */
export class StandbyError extends BridgeError {
  override readonly name = 'StandbyError';

  /** @param primary JetStream domain of the region that serves @param archive the stream that is a mirror here */
  constructor(primary: string, archive: string, options: { cause: unknown }) {
    super(
      'STORE_REFUSED',
      `These NATS servers are a standby: ${archive} is a mirror of region ${primary}. Nothing is sent here until nats-bridge standby take-over has said that it is done; stop this bridge until then, or name the servers of region ${primary} (docs/standby.md)`,
      { ...options, phase: 'sent_unknown' },
    );
  }
}
