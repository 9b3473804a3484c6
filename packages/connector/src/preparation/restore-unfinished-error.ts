/** A restore goes on, or stopped half-way: what was carried out is not known yet. */
import { BridgeError } from '@nats-bridge/protocol';

/** Nothing is sent; but an earlier call of the same key may have been carried out, so nobody hears "failed" (P4). */
export class RestoreUnfinishedError extends BridgeError {
  override readonly name = 'RestoreUnfinishedError';

  constructor(options: { cause: unknown }) {
    super(
      'STORE_REFUSED',
      'Streams are being restored from a backup, or were and it stopped: nothing is sent until nats-bridge backup restore has said that it is done. Where it stopped, run it again (docs/backup.md)',
      { ...options, phase: 'sent_unknown' },
    );
  }
}
