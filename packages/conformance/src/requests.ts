/** What the kit asks for in each operation: a small request of the contract's shape, over which a file may be laid. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  connectorAuthTypeSchema,
  isOperation,
  OPERATIONS,
  type Operation,
  type RouterData,
} from '@nats-bridge/protocol';
import { z } from 'zod';

type Fields = Readonly<Record<string, unknown>>;

const byOperation = z.partialRecord(
  z.enum(OPERATIONS.map(({ operation }) => operation as Operation)),
  z.looseObject({}),
);

/** What a worker's processor needs and the kit cannot know. */
export const requestFileSchema = z.strictObject({
  connector: z.string().min(1).default('conformance'),
  connector_auth_type: connectorAuthTypeSchema.default({ auth_type: 'HeaderKey', api_key: 'conformance' }),
  /** By operation: laid over `router_data.request` as a JSON merge patch (RFC 7386). */
  requests: byOperation.default({}),
  /** The same, for requests that the processor shall decline. */
  declined: byOperation.default({}),
});

export type RequestFile = z.output<typeof requestFileSchema>;

/** @throws Error that names the file and what is wrong in it */
export function readRequestFile(path: string): RequestFile {
  try {
    return requestFileSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    throw new Error(`${path} cannot be used: ${whyNot(error)}`);
  }
}

function whyNot(error: unknown): string {
  if (error instanceof z.ZodError)
    return error.issues.map(({ path, message }) => `${path.join('.') || 'it'} ${message}`).join('; ');
  const { code, message } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' ? 'there is no such file' : message;
}

/** An operation that has to succeed before, and what of it the request names. */
export type Needs = { readonly operation: Operation; readonly request: Fields };

export type RequestKind = {
  readonly needs?: Needs;
  /** @param transactionId what the operation before gave */
  readonly request: (attemptId: string, transactionId: string) => Fields;
  /** Laid over the request: a processor should decline one of them. */
  readonly declined: readonly Fields[];
};

const MINOR_AMOUNT = 1_250;
const money = (minor_amount = MINOR_AMOUNT) => ({ minor_amount, currency: 'EUR' });
const CARD = {
  card_number: '4242424242424242',
  card_exp_month: '12',
  card_exp_year: '2034',
  card_cvc: '123',
  card_holder_name: 'Jo Doe',
};
/** Generic decline at most test environments. */
const DECLINED_CARD = { payment_method: { card: { card_number: '4000000000000002' } } };
const UNKNOWN_PAYMENT = { connector_transaction_id: 'conformance_no_such_payment' };

const charged: Needs = { operation: 'authorize', request: { capture_method: 'AUTOMATIC' } };
const held: Needs = { operation: 'authorize', request: { capture_method: 'MANUAL' } };

const KINDS: Partial<Record<Operation, RequestKind>> = {
  authorize: {
    request: (attemptId) => ({
      merchant_transaction_id: attemptId,
      amount: money(),
      capture_method: 'AUTOMATIC',
      auth_type: 'NO_THREE_DS',
      payment_method: { card: CARD },
      test_mode: true,
    }),
    declined: [DECLINED_CARD, { amount: { minor_amount: 0 } }],
  },
  capture: {
    needs: held,
    request: (attemptId, connector_transaction_id) => ({
      merchant_capture_id: attemptId,
      connector_transaction_id,
      amount_to_capture: money(),
      capture_method: 'MANUAL',
      test_mode: true,
    }),
    declined: [UNKNOWN_PAYMENT],
  },
  void: {
    needs: held,
    request: (attemptId, connector_transaction_id) => ({
      merchant_void_id: attemptId,
      connector_transaction_id,
      cancellation_reason: 'requested_by_customer',
      test_mode: true,
    }),
    declined: [UNKNOWN_PAYMENT],
  },
  sync: {
    needs: charged,
    request: (attemptId, connector_transaction_id) => ({
      merchant_transaction_id: attemptId,
      connector_transaction_id,
      amount: money(),
      capture_method: 'AUTOMATIC',
      test_mode: true,
    }),
    declined: [UNKNOWN_PAYMENT],
  },
  refund: {
    needs: charged,
    request: (attemptId, connector_transaction_id) => ({
      merchant_refund_id: attemptId,
      connector_transaction_id,
      payment_amount: MINOR_AMOUNT,
      refund_amount: money(400),
      test_mode: true,
    }),
    declined: [UNKNOWN_PAYMENT],
  },
  setup_mandate: {
    request: (attemptId) => ({
      merchant_recurring_payment_id: attemptId,
      amount: money(0),
      payment_method: { card: CARD },
      setup_future_usage: 'OFF_SESSION',
    }),
    declined: [DECLINED_CARD],
  },
  tokenize: {
    request: (attemptId) => ({
      merchant_payment_method_id: attemptId,
      amount: money(0),
      payment_method: { card: CARD },
    }),
    declined: [DECLINED_CARD],
  },
  session: {
    request: (attemptId) => ({ merchant_client_session_id: attemptId, payment: { amount: money() } }),
    declined: [],
  },
  create_customer: {
    request: (attemptId) => ({
      merchant_customer_id: attemptId,
      customer_name: 'Jo Doe',
      email: 'jo@example.com',
    }),
    declined: [],
  },
};

/** Those for which nobody has to bring a request. */
export const KNOWN_OPERATIONS = Object.keys(KINDS).filter(isOperation);

/** @throws Error when neither the kit nor the file knows a request */
export function requestKindOf(operation: Operation, file: RequestFile): RequestKind {
  const own = KINDS[operation];
  if (own !== undefined) return own;
  if (file.requests[operation] === undefined)
    throw new Error(
      `no request is known for ${operation}: bring one in a file with --requests, as {"requests": {"${operation}": {…}}}; without a file there are ${KNOWN_OPERATIONS.join(', ')}`,
    );
  return { request: () => ({}), declined: [] };
}

/** @param request as `requestKindOf` makes it, with everything laid over it */
export function routerDataOf(
  operation: Operation,
  ids: { readonly merchantId: string; readonly attemptId: string },
  request: Fields,
  { connector, connector_auth_type }: RequestFile,
): RouterData {
  const { merchantId, attemptId } = ids;
  return {
    merchant_id: merchantId,
    payment_id: `pay_${attemptId}`,
    attempt_id: attemptId,
    ...(operation === 'refund' && { refund_id: attemptId }),
    ...(operation.startsWith('payout') && { payout_id: attemptId }),
    connector,
    connector_auth_type,
    ...(request.payment_method !== undefined && { payment_method: 'card' }),
    request,
    test_mode: true,
    request_id: attemptId,
  };
}

/** Nobody else's: a worker's processor may remember it for ever. */
export function newAttemptId(): string {
  return `conf_${randomUUID().replaceAll('-', '').slice(0, 20)}`;
}
