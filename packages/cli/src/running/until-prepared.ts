/** Makes a bridge ready, again and again: NATS may be away, or still without what the bridge needs. */
import { setTimeout as sleep } from 'node:timers/promises';
import { DurabilityUnmetError, type NatsBridge } from '@nats-bridge/connector';
import { backoffMs } from '@nats-bridge/messaging';

const PAUSES = { initialMs: 500, maxMs: 5_000 };

/**
 * @param onFailure told of a try that failed, where the one before did not fail in the same way
 * @returns whether it is ready; false when `signal` ends the tries
 * @throws DurabilityUnmetError, which no further try would mend
 */
export async function untilPrepared(
  bridge: Pick<NatsBridge, 'prepare'>,
  signal: AbortSignal,
  onFailure: (error: Error) => void,
): Promise<boolean> {
  let said: string | undefined;
  for (let attempt = 0; !signal.aborted; attempt++) {
    try {
      await bridge.prepare();
      return true;
    } catch (thrown) {
      if (thrown instanceof DurabilityUnmetError) throw thrown;
      const error = thrown as Error;
      if (error.message !== said && !signal.aborted) onFailure(error);
      said = error.message;
    }
    await sleep(backoffMs(attempt, PAUSES), undefined, { signal }).catch(() => {}); // it ends early
  }
  return false;
}
