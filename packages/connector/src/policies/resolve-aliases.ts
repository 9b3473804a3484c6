/** Ids that the bridge made up are turned into the processor's, as soon as the record of their key has one. */
import {
  BridgeError,
  type BridgeResponse,
  keyBeforeReturn,
  keyOfAlias,
  type RouterData,
} from '@nats-bridge/protocol';
import { bridgeErrorOf } from '../call/bridge-error-of.js';
import type { Exchange, Policy } from '../call/exchange.js';
import { keysBehindId } from '../ledger/keys-behind-id.js';

/** Reads the answer recorded for a key, or undefined while there is none. */
export type ReadAnswer = (merchantId: string, key: string) => Promise<BridgeResponse | undefined>;

/** The request fields in which Hyperswitch sends back an id it was given. */
const ID_FIELDS = [
  'connector_transaction_id',
  'connector_refund_id',
  'refund_id',
  'connector_payout_id',
] as const;

/** @throws BridgeError INTERNAL_ERROR where a record cannot be read, before anything is sent */
export function resolveAliases(readAnswer: ReadAnswer): Policy {
  return (next) => async (exchange) => next(await withProcessorIds(exchange, readAnswer).catch(refuse));
}

/** Who is told "unknown" of what was not sent would wait for ever: nobody settles what has no record (P1). */
function refuse(cause: unknown): never {
  const error = bridgeErrorOf(cause);
  if (error.code !== 'INTERNAL_ERROR') throw error;
  throw new BridgeError(
    error.code,
    'The record of an id that this bridge gave could not be read: nothing was sent; try again',
    { cause, phase: 'before_send' },
  );
}

async function withProcessorIds(exchange: Exchange, readAnswer: ReadAnswer): Promise<Exchange> {
  const { data, operation } = exchange;
  const known: Record<string, string> = {};
  for (const field of ID_FIELDS) {
    const id = data.request[field];
    if (typeof id === 'string' && keyOfAlias(id) !== undefined)
      known[field] = (await firstId(id, data, readAnswer)) ?? '';
  }
  if (operation === 'sync' && !data.request.connector_transaction_id) {
    const found = await firstId('', data, readAnswer);
    if (found !== undefined) known.connector_transaction_id = found;
  }
  if (Object.keys(known).length === 0) return exchange;
  return { ...exchange, data: { ...data, request: { ...data.request, ...known } } };
}

async function firstId(id: string, data: RouterData, readAnswer: ReadAnswer): Promise<string | undefined> {
  const keys = keysBehindId(id, data);
  // A return is about the payment that sent the customer away.
  for (const key of [...keys, ...keys.flatMap((key) => keyBeforeReturn(key) ?? [])]) {
    const answer = await readAnswer(data.merchant_id, key);
    if (answer?.transaction_id) return answer.transaction_id;
  }
  return undefined;
}
