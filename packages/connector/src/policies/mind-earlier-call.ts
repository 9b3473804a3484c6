/**
 * "Failed" is said of a key, not of a call: one that was not sent may be the repeat of one that was. Then the ledger
 * has its record, and its answer, or the doubt, is the answer of the repeat too (P4). What waits in the work stream, and
 * nobody has begun, has none yet: it may be begun right after the repeat was told (P2).
 */
import { BridgeError, within } from '@nats-bridge/protocol';
import { bridgeErrorOf } from '../call/bridge-error-of.js';
import type { Policy } from '../call/exchange.js';
import type { IsWaiting } from '../ledger/is-waiting.js';
import type { LedgerEntry } from '../ledger/ledger.js';
import { outcomeOfEntry } from '../ledger/outcome-of-entry.js';
import { type SettleDoubtWorld, settleLater } from './settle-doubt.js';

/** A ledger that cannot be asked in this time keeps nobody waiting. */
const ASK_MS = 500;

export type MindEarlierCallWorld = SettleDoubtWorld & {
  readonly isWaiting: IsWaiting;
  /** Whether the ledger does not know yet of all that was carried out: then nothing may be written, either. */
  isRestoring?(): Promise<boolean>;
};

/** What is known of an earlier call of the same key. `in_doubt`: nobody has begun it yet, or not all is known. */
type Earlier = { readonly entry: LedgerEntry | undefined } | 'in_doubt';

export function mindEarlierCall(world: MindEarlierCallWorld): Policy {
  async function findEarlier(merchantId: string, key: string): Promise<Earlier> {
    if (await world.isRestoring?.()) return 'in_doubt';
    const find = () => world.ledger.findLatest(merchantId, key);
    const entry = await find();
    if (entry !== undefined) return { entry };
    if (await world.isWaiting(merchantId, key)) return 'in_doubt';
    // What has left the stream in between has its record by now.
    return { entry: await find() };
  }

  return (next) => async (exchange) => {
    try {
      return await next(exchange);
    } catch (thrown) {
      const error = bridgeErrorOf(thrown);
      const { key, isDurable, data } = exchange;
      if (error.phase !== 'before_send' || key === undefined || !isDurable) throw error;
      // Its caller hears that it is refused, not that it failed: it is about the call, whatever became of another.
      if (error.code === 'VALIDATION_ERROR') throw error;
      const found = await within(
        ASK_MS,
        findEarlier(data.merchant_id, key).catch((cause: unknown) =>
          bridgeErrorOf(cause).code === 'SHUTTING_DOWN' ? 'closed' : undefined,
        ),
      );
      const inDoubt = new BridgeError('NATS_TIMEOUT', undefined, { cause: error });
      if (found === undefined || found === 'closed') {
        // A bridge that is cut off, or was closed, can only speak for itself.
        const isCutOff =
          found === 'closed' ? error.code === 'SHUTTING_DOWN' : error.code === 'NATS_UNREACHABLE';
        if (isCutOff) throw error;
        // A ledger that cannot be asked may have an earlier call; when it can, this one is withdrawn if it has none.
        settleLater(exchange, key, inDoubt, world);
        throw inDoubt;
      }
      if (found === 'in_doubt') throw inDoubt;
      const { entry } = found;
      if (entry === undefined || entry.record.state === 'withdrawn') throw error;
      const answer = outcomeOfEntry(entry, exchange);
      if (answer !== undefined) return answer;
      throw inDoubt;
    }
  };
}
