/** Takes a request out of the work stream whose time is over. */
import {
  type Connection,
  ReplyTimeoutError,
  RequestCancelledError,
  storedMessage,
  type WorkStream,
} from '@nats-bridge/messaging';
import { type BridgeError, isOfKey, subjectFor } from '@nats-bridge/protocol';
import { type BridgeConfig, subjectTemplateOf } from '../config/bridge-config.js';
import type { Exchange } from './exchange.js';
import { poolsOfMerchant } from './route.js';

export type TakeBackWorld = {
  readonly config: BridgeConfig;
  readonly connection: Connection;
  readonly workStream: Pick<WorkStream, 'takeBack' | 'settled'>;
};

/** `error`: with which the wait for its answer ended. */
export type TakeBack = {
  /** @returns whether no consumer had got it, so that nobody can have begun */
  takeBack(exchange: Exchange, error: BridgeError): Promise<boolean>;
  /** Nobody may begin it any more: it leaves the stream as what was answered does. */
  letGo(error: BridgeError): void;
};

export function createTakeBack({ config, connection, workStream }: TakeBackWorld): TakeBack {
  async function takeBack(exchange: Exchange, error: BridgeError): Promise<boolean> {
    const { operation, data, key = '', workers, pool, marks } = exchange;
    if (workers === 'subscribers') return false; // they heard it as it passed
    const seq = seqOf(error);
    // Not asked where all workers kept records: they read the bridge's own, which stay.
    const consumers = workers === 'guarded' ? [] : exchange.consumers;
    if (seq === undefined || consumers === undefined) return false;
    const subject = subjectFor(subjectTemplateOf(config, operation, pool), data.merchant_id);
    const stored = await storedMessage(connection, config.jetstream.stream_name, seq);
    // A repeat may be stored for another pool, by the call before it: who reads there was not looked at. And a stream
    // that was made again gives its numbers to other requests.
    const mayBeAnother =
      stored === undefined
        ? poolsOfMerchant(config, data.merchant_id).length > 1
        : stored.subject !== subject || !isOfKey(stored.headers, data.merchant_id, key);
    if (mayBeAnother) return false;
    return workStream.takeBack({ subject, seq, sentAt: marks.at }, consumers);
  }

  return {
    takeBack,
    letGo(error) {
      const seq = seqOf(error);
      if (seq !== undefined) workStream.settled(seq);
    },
  };
}

function seqOf({ cause }: BridgeError): number | undefined {
  const isWaitOver = cause instanceof ReplyTimeoutError || cause instanceof RequestCancelledError;
  return isWaitOver ? cause.streamSeq : undefined;
}
