/** The question that tells how an operation really stands, made of the request that is in the archive. Pure. */
import {
  aliasOf,
  type BridgeRequest,
  type BridgeResponse,
  type Operation,
  operationRow,
  type RouterData,
  UCS_METHODS,
  ucsFields,
  ucsMethodOf,
} from '@nats-bridge/protocol';
import { moneyIn } from '../payments/money.js';

export type Question = 'sync' | 'refund_sync';

/** Of the others no question tells whether they were carried out. */
const QUESTION: Readonly<Partial<Record<Operation, Question>>> = {
  authorize: 'sync',
  charge: 'sync',
  setup_mandate: 'sync',
  capture: 'sync',
  void: 'sync',
  reverse: 'sync',
  refund: 'refund_sync',
};

export function questionOf(operation: Operation): Question | undefined {
  return QUESTION[operation];
}

/** What the ledger knows of who is asked about. */
export type Asked = {
  /** Of the operation that made the payment, or of the refund: its alias stands for an id that nobody knows. */
  readonly key: string;
  /** The processor's own, where it is recorded. */
  readonly id: string | undefined;
  /** Recorded for the operation that made it. */
  readonly answer: BridgeResponse | undefined;
};

/**
 * With the credentials of the newest request, and what else requests and question have in common, such as amount,
 * capture method, access token and metadata. Never the payment method.
 *
 * @param requests of the same payment or refund, oldest first
 */
export function dataOfQuestion(
  question: Question,
  requests: readonly [...(readonly BridgeRequest[]), BridgeRequest],
  { key, id, answer }: Asked,
): RouterData {
  const { router_data: data } = requests[requests.length - 1] as BridgeRequest;
  const shared: Record<string, unknown> = Object.assign(
    {},
    ...requests.map(({ operation, router_data }) => sharedFields(question, operation, router_data.request)),
  );
  const ownId = data.request.connector_transaction_id;
  const kept = answer?.connector_metadata;
  const feature = kept === undefined || kept === null ? {} : { connector_feature_data: textOf(kept) };
  if (question === 'refund_sync') {
    const refundId = id ?? aliasOf(key);
    // Hyperswitch sends it in both.
    return asking(data, { ...shared, connector_refund_id: refundId, refund_id: refundId });
  }
  const amount = shared.amount ?? data.request.amount_to_capture;
  return asking(data, {
    ...shared,
    ...feature,
    ...(moneyIn(amount) && { amount }),
    merchant_transaction_id: data.attempt_id,
    connector_transaction_id: id ?? (ownId || aliasOf(key)),
  });
}

function asking(data: RouterData, request: RouterData['request']): RouterData {
  return { ...data, payment_method: undefined, request };
}

function sharedFields(
  question: Question,
  operation: Operation,
  request: RouterData['request'],
): Record<string, unknown> {
  const [name] = operationRow(question).methods;
  const asked = UCS_METHODS.find(({ service, method }) => `${service}/${method}` === name);
  if (asked === undefined) throw new TypeError(`${question} has no method`);
  const wanted = new Map(ucsFields(asked.requestType).map((field) => [field.name, field]));
  const shared = ucsFields(ucsMethodOf(operationRow(operation), request).requestType).filter(
    ({ name, type, of }) => wanted.get(name)?.type === type && wanted.get(name)?.of === of,
  );
  return Object.fromEntries(
    shared.flatMap(({ name }) => (request[name] === undefined ? [] : [[name, request[name]]])),
  );
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
