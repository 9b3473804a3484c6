/** Ids that the bridge made up are turned into the processor's, as soon as the record of their key has one. */
import {
  BridgeError,
  type BridgeResponse,
  keyBeforeReturn,
  keyOfAlias,
  type RouterData,
} from '@nats-bridge/protocol';
import { bridgeErrorOf } from '../call/bridge-error-of.js';
import { admit, type Exchange, type Policy } from '../call/exchange.js';
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
type IdField = (typeof ID_FIELDS)[number];

/** @throws BridgeError INTERNAL_ERROR where a record cannot be read, before anything is sent */
export function resolveAliases(readAnswer: ReadAnswer): Policy {
  return admit((exchange) => {
    const fields = ID_FIELDS.filter((field) => isToResolve(field, exchange));
    return fields.length === 0 ? exchange : withProcessorIds(exchange, fields, readAnswer).catch(refuse);
  });
}

/** It holds an id that the processor never gave, or none where a question needs one. */
function isToResolve(field: IdField, { data, operation }: Exchange): boolean {
  const id = data.request[field];
  if (typeof id === 'string' && keyOfAlias(id) !== undefined) return true;
  return operation === 'sync' && field === 'connector_transaction_id' && !id;
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

async function withProcessorIds(
  exchange: Exchange,
  fields: readonly IdField[],
  readAnswer: ReadAnswer,
): Promise<Exchange> {
  const { data } = exchange;
  const known: Record<string, string> = {};
  for (const field of fields) {
    const id = String(data.request[field] || '');
    const found = await firstId(id, data, readAnswer);
    if (found !== undefined || id !== '') known[field] = found ?? '';
  }
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
