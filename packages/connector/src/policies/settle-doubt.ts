/**
 * Before a caller hears "unknown", the ledger is asked, and what nobody has begun is withdrawn: it then can never run,
 * and may be answered as failed (P2). What somebody may have begun stays in doubt (P4).
 */
import { backoffMs, RecordChangedError } from '@nats-bridge/messaging';
import {
  BridgeError,
  type BridgeResponse,
  decideWithdrawal,
  type OperationRecord,
  within,
} from '@nats-bridge/protocol';
import { bridgeErrorOf } from '../call/bridge-error-of.js';
import type { Exchange, Policy } from '../call/exchange.js';
import { announcementOf, withdrawalOf } from '../ledger/bridge-records.js';
import type { Ledger } from '../ledger/ledger.js';
import { assertSameContent } from '../ledger/outcome-of-entry.js';
import { idlePause } from '../pacing/pause.js';

export type SettleDoubtWorld = {
  readonly ledger: Pick<Ledger, 'findLatest' | 'write'>;
  /** Names this bridge in the records. */
  readonly bridge: string;
  /**
   * For workers that keep no records: takes the request out of its stream. True when no consumer had got it, so that
   * nobody can have begun.
   */
  takeBack(exchange: Exchange, error: BridgeError): Promise<boolean>;
  /** Of what was withdrawn: who looks at no record is not to be given it any more. */
  letGo?(error: BridgeError): void;
  /** Whether only workers that keep records themselves are there now. */
  isGuarded(exchange: Exchange): Promise<boolean>;
  /** No more is to be tried once this says so. */
  isClosing?(): boolean;
  sleep?(ms: number): Promise<unknown>;
};

/** Others changed the record this often in a row: they are left to it for now. */
const MOST_CHANGES = 5;
/** The caller's time is over; this much longer may pass until it hears so. */
const SETTLE_MS = 500;
/** For about ten minutes. */
const LATER = { initialMs: 1_000, maxMs: 30_000 };
const LATER_TRIES = 25;

export function settleDoubt(world: SettleDoubtWorld): Policy {
  return (next) => async (exchange) => {
    try {
      return await next(exchange);
    } catch (thrown) {
      const error = bridgeErrorOf(thrown);
      if (error.phase !== 'sent_unknown' || exchange.key === undefined || !exchange.isDurable) throw error;
      const { key } = exchange;
      try {
        const answer = await within(SETTLE_MS, settle(exchange, key, error, world));
        if (answer !== undefined) return answer;
      } catch (cause) {
        if (cause instanceof BridgeError) throw cause;
      }
      // The ledger cannot be asked, not in time, or others keep changing it: the doubt remains.
      settleLater(exchange, key, error, world);
      throw error;
    }
  };
}

/**
 * The caller has heard "unknown"; the ledger still is to have an outcome, as soon as it can be asked (P1). Nobody waits
 * for it.
 */
export function settleLater(
  exchange: Exchange,
  key: string,
  error: BridgeError,
  world: SettleDoubtWorld,
): void {
  const { isClosing = () => false, sleep = idlePause } = world;
  const tryOn = async () => {
    for (let tries = 0; tries < LATER_TRIES && !isClosing(); tries++) {
      await sleep(backoffMs(tries, LATER));
      try {
        return void (await settle(exchange, key, error, world));
      } catch (thrown) {
        if (thrown instanceof BridgeError) return; // withdrawn, or in somebody's hand
      }
    }
  };
  void tryOn();
}

/** @throws BridgeError once it is decided, as far as it can be; anything else leaves it undecided */
async function settle(
  exchange: Exchange,
  key: string,
  error: BridgeError,
  world: SettleDoubtWorld,
): Promise<BridgeResponse> {
  const { data } = exchange;
  const { ledger, bridge } = world;
  for (let changes = 1; ; changes++) {
    const entry = await ledger.findLatest(data.merchant_id, key);
    if (entry !== undefined) assertSameContent(entry, exchange);
    const mayHaveRun = await mayHaveRunUnrecorded(exchange, error, entry?.record, world);
    const decision = decideWithdrawal(entry?.record, mayHaveRun);
    switch (decision.kind) {
      case 'answered':
        if (entry?.answer === undefined) throw error;
        return entry.answer;
      case 'withdrawn':
        throw withdrawn(error);
      case 'in_doubt':
        if (entry !== undefined) throw error;
    }
    const isOver = decision.kind === 'withdraw';
    const [record, expectedSeq] = isOver
      ? [withdrawalOf(exchange, bridge, error.code), decision.expectedSeq]
      : [announcementOf(exchange, bridge, exchange.marks.at), 0];
    try {
      await ledger.write(data.merchant_id, key, record, expectedSeq);
    } catch (thrown) {
      if (!(thrown instanceof RecordChangedError) || changes === MOST_CHANGES) throw thrown;
      continue;
    }
    if (!isOver) continue; // noted that somebody may have begun it: now it may be taken back
    world.letGo?.(error);
    throw withdrawn(error);
  }
}

/** False, too, where its record says enough. */
async function mayHaveRunUnrecorded(
  exchange: Exchange,
  error: BridgeError,
  record: OperationRecord | undefined,
  { takeBack, isGuarded }: SettleDoubtWorld,
): Promise<boolean> {
  switch (record?.state) {
    case undefined:
      // Who keeps records is refused the claim once it is withdrawn. Others may have come since it was sent.
      return !(await isGuarded(exchange));
    case 'sent':
      // What an earlier call of the key has sent, or a person again, is another message.
      if (record.correlationId !== exchange.correlationId || record.retry > 0) return true;
      return !(await takeBack(exchange, error));
    default:
      return false;
  }
}

/** Nobody took it in time, and nobody can any more: as if no worker had been there. */
function withdrawn(cause: BridgeError): BridgeError {
  return cause.code === 'CANCELLED'
    ? new BridgeError('CANCELLED', undefined, { cause, phase: 'before_send' })
    : new BridgeError('NO_WORKERS_AVAILABLE', undefined, { cause });
}
