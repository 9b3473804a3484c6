/** The operation catalogue: one row for each operation the bridge carries; everything else reads it. */
import { shortHashOf } from './life/fingerprint.js';
import type { RouterData } from './message/router-data.js';

/** Which UCS status enumeration an operation's answer speaks; `none` has no status of its own. */
export type StatusKind =
  | 'payment'
  | 'refund'
  | 'payout'
  | 'dispute'
  | 'authorization'
  | 'mandate'
  | 'token'
  | 'recharge'
  | 'none';

/** What an answer that was expected but not had says about the status. */
export type StatusRule = {
  /** `by_capture_method`: AUTHORIZED when captured later, CHARGED when captured at once. */
  readonly success: string;
  readonly failure: string;
  readonly processing: string;
  /** The outcome is not known. UNSPECIFIED leaves the status Hyperswitch has (docs/hyperswitch.md, How it reads an answer). */
  readonly unknown: string;
  /**
   * Held back by a rate limit, where that is not to be a failure. Hyperswitch keeps the status of a capture that is
   * told 429 without one (docs/hyperswitch.md, How it reads an answer): the authorization stands, and can be captured
   * later.
   */
  readonly limited?: string;
};

export type OperationRow = {
  readonly operation: string;
  /** The Hyperswitch trait (or flow, where it has none) that this operation implements. */
  readonly trait: string;
  /** One sentence, used in help, documentation and AsyncAPI. */
  readonly summary: string;
  /** `payments` travels through the stream; `webhooks` is core request-reply. */
  readonly channel: 'payments' | 'webhooks';
  /** UCS methods, `Service/Method`; the first is the one Hyperswitch calls. */
  readonly methods: readonly string[];
  /** Older names of the same methods (UCS, spring 2026). */
  readonly aliases?: readonly string[];
  /** True when a repeat could move money or create something twice: durable reply, idempotency key, P1–P4. */
  readonly movesMoney: boolean;
  /** True when a payment attempt may begin with it. */
  readonly beginsPayment: boolean;
  /** True when it only asks for the state of something: without an answer, what is known stays as it is. */
  readonly isQuestion: boolean;
  /** How long a caller is kept waiting when the configuration says nothing. */
  readonly deadlineMs: number;
  readonly statusKind: StatusKind;
  readonly status: StatusRule;
  /**
   * Hyperswitch takes an answer with an `error` as this operation's failure, whatever status stands beside it
   * (docs/hyperswitch.md, How it reads an answer): what is in doubt is answered without one.
   */
  readonly errorMeansFailed: boolean;
  /** The UCS response field that holds the reply's `transaction_id`; must be answered even in doubt. */
  readonly idField?: string;
  /**
   * The parts that make two requests the same one (docs/hyperswitch.md, Which calls are the same), or undefined where
   * every call is its own. Parts are joined behind the operation's name.
   */
  readonly keyParts: (data: RouterData) => readonly (string | undefined)[] | undefined;
};

const UNSPECIFIED: Readonly<Record<StatusKind, string>> = {
  payment: 'PAYMENT_STATUS_UNSPECIFIED',
  refund: 'REFUND_STATUS_UNSPECIFIED',
  payout: 'PENDING',
  dispute: 'DISPUTE_STATUS_UNSPECIFIED',
  authorization: 'AUTHORIZATION_STATUS_UNSPECIFIED',
  mandate: 'MANDATE_STATUS_UNSPECIFIED',
  token: 'OPERATION_STATUS_UNSPECIFIED',
  recharge: 'RECHARGE_STATUS_UNSPECIFIED',
  none: '',
};

const payment = (success: string, failure = 'FAILURE'): StatusRule => ({
  success,
  failure,
  processing: 'PENDING',
  unknown: 'PENDING',
});
/** Asking must never change what is known: without an answer the status stays as Hyperswitch has it. */
const paymentQuestion: StatusRule = { ...payment('by_capture_method'), unknown: UNSPECIFIED.payment };
const refund: StatusRule = {
  success: 'REFUND_SUCCESS',
  failure: 'REFUND_FAILURE',
  processing: 'REFUND_PENDING',
  unknown: 'REFUND_PENDING',
};
const refundQuestion: StatusRule = { ...refund, unknown: UNSPECIFIED.refund };
const payout = (success: string): StatusRule => ({
  success,
  failure: 'FAILED',
  processing: 'PENDING',
  unknown: 'PENDING',
});
const dispute = (success: string): StatusRule => ({
  success,
  failure: UNSPECIFIED.dispute,
  processing: UNSPECIFIED.dispute,
  unknown: UNSPECIFIED.dispute,
});
const none: StatusRule = { success: '', failure: '', processing: '', unknown: '' };

const attempt = (data: RouterData) => [data.attempt_id];
const refundKey = (data: RouterData) => [data.refund_id ?? data.attempt_id];
const payoutKey = (data: RouterData) => [data.payout_id ?? data.attempt_id];
/**
 * Partial captures share the attempt: what tells them apart is the capture reference, else the API call. By
 * `MANUAL` there is one. Its payment can be captured still where the answer was lost on its way to Hyperswitch, and a
 * merchant who asks again, in another API call, means the same.
 */
const captureKey = ({ attempt_id, request, request_id }: RouterData) => {
  if (request.capture_method === 'MANUAL') return [attempt_id];
  const multiple = request.multiple_capture_data as { capture_reference?: string } | undefined;
  return [attempt_id, multiple?.capture_reference ?? request_id];
};
/** What tells the key of a return from that of the attempt's beginning. */
export const RETURN = 'complete';
/** Whether the customer is back from a redirect: what he did there happened, whoever hears of it. */
export const isReturn = ({ request }: Pick<RouterData, 'request'>): boolean =>
  request.redirection_response !== undefined;
/**
 * Every return from a redirect is another step of the attempt: 3-D Secure may have several, of device data and of a
 * challenge, which differ by what the browser brings back. A page that is loaded again brings back the same.
 */
const authorizeKey = ({ attempt_id, request }: RouterData) =>
  isReturn({ request }) ? [attempt_id, RETURN, shortHashOf(request.redirection_response)] : [attempt_id];
/** Several increments of one attempt differ by the API call that asked for them. */
const perCallKey = (data: RouterData) => [data.attempt_id, data.request_id];
const everyCall = () => undefined;

type Usual = 'channel' | 'movesMoney' | 'beginsPayment' | 'isQuestion' | 'deadlineMs' | 'errorMeansFailed';
type Row = Omit<OperationRow, Usual> & Partial<Pick<OperationRow, Usual>>;

/** Fills in what most rows have; keeps the name as a literal, of which the type {@link Operation} is made. */
const row = <const Name extends string>(
  definition: Row & { readonly operation: Name },
): OperationRow & { readonly operation: Name } => ({
  channel: 'payments',
  movesMoney: false,
  beginsPayment: false,
  isQuestion: false,
  errorMeansFailed: false,
  deadlineMs: 30_000,
  ...definition,
});

const ROWS = [
  row({
    operation: 'authorize',
    trait: 'PaymentAuthorize',
    summary: 'Reserve (or, with automatic capture, take) the amount on a payment method.',
    methods: ['PaymentService/Authorize', 'PaymentService/TokenAuthorize', 'PaymentService/ProxyAuthorize'],
    movesMoney: true,
    beginsPayment: true,
    statusKind: 'payment',
    status: payment('by_capture_method'),
    idField: 'connector_transaction_id',
    keyParts: authorizeKey,
  }),
  row({
    operation: 'capture',
    trait: 'PaymentCapture',
    summary: 'Take all or part of an authorized amount.',
    methods: ['PaymentService/Capture'],
    movesMoney: true,
    statusKind: 'payment',
    status: { ...payment('CHARGED', 'CAPTURE_FAILED'), limited: UNSPECIFIED.payment },
    idField: 'connector_transaction_id',
    keyParts: captureKey,
  }),
  row({
    operation: 'void',
    trait: 'PaymentVoid',
    summary: 'Release an authorization that was not captured.',
    methods: ['PaymentService/Void'],
    movesMoney: true,
    statusKind: 'payment',
    status: payment('VOIDED', 'VOID_FAILED'),
    idField: 'connector_transaction_id',
    keyParts: attempt,
  }),
  row({
    operation: 'sync',
    trait: 'PaymentSync',
    summary: 'Ask for the state of a payment.',
    methods: ['PaymentService/Get'],
    isQuestion: true,
    statusKind: 'payment',
    status: paymentQuestion,
    idField: 'connector_transaction_id',
    keyParts: everyCall,
  }),
  row({
    operation: 'refund',
    trait: 'RefundExecute',
    summary: 'Give back all or part of a captured amount.',
    methods: ['PaymentService/Refund'],
    movesMoney: true,
    statusKind: 'refund',
    status: refund,
    errorMeansFailed: true,
    idField: 'connector_refund_id',
    keyParts: refundKey,
  }),
  row({
    operation: 'refund_sync',
    trait: 'RefundSync',
    summary: 'Ask for the state of a refund.',
    methods: ['RefundService/Get'],
    isQuestion: true,
    statusKind: 'refund',
    status: refundQuestion,
    errorMeansFailed: true,
    idField: 'connector_refund_id',
    keyParts: everyCall,
  }),
  row({
    operation: 'setup_mandate',
    trait: 'MandateSetup',
    summary: 'Set up a mandate for later charges, without an amount or with one.',
    methods: [
      'PaymentService/SetupRecurring',
      'PaymentService/TokenSetupRecurring',
      'PaymentService/ProxySetupRecurring',
    ],
    movesMoney: true,
    beginsPayment: true,
    statusKind: 'payment',
    status: payment('CHARGED'),
    idField: 'connector_recurring_payment_id',
    keyParts: authorizeKey,
  }),
  row({
    operation: 'charge',
    trait: 'PaymentAuthorize (merchant-initiated)',
    summary: 'Charge a mandate without the customer being there.',
    methods: ['RecurringPaymentService/Charge'],
    movesMoney: true,
    beginsPayment: true,
    statusKind: 'payment',
    status: payment('by_capture_method'),
    idField: 'connector_transaction_id',
    keyParts: attempt,
  }),
  row({
    operation: 'revoke_mandate',
    trait: 'MandateRevoke',
    summary: 'End a mandate.',
    methods: ['RecurringPaymentService/Revoke'],
    movesMoney: true,
    statusKind: 'mandate',
    status: {
      success: 'REVOKED',
      failure: 'MANDATE_REVOKE_FAILED',
      processing: 'MANDATE_PENDING',
      unknown: 'MANDATE_STATUS_UNSPECIFIED',
    },
    keyParts: attempt,
  }),
  row({
    operation: 'session',
    trait: 'PaymentSession',
    summary: 'Create what a client SDK (a wallet, for instance) needs to start.',
    methods: ['MerchantAuthenticationService/CreateClientAuthenticationToken'],
    aliases: ['MerchantAuthenticationService/CreateSdkSessionToken'],
    statusKind: 'none',
    status: none,
    keyParts: everyCall,
  }),
  row({
    operation: 'tokenize',
    trait: 'PaymentToken',
    summary: "Exchange a payment method for the processor's token.",
    methods: ['PaymentMethodService/Tokenize'],
    statusKind: 'none',
    status: none,
    idField: 'payment_method_token',
    keyParts: everyCall,
  }),
  row({
    operation: 'incremental_authorization',
    trait: 'PaymentIncrementalAuthorization',
    summary: 'Raise the amount of an authorization.',
    methods: ['PaymentService/IncrementalAuthorization'],
    movesMoney: true,
    statusKind: 'authorization',
    status: {
      success: 'AUTHORIZATION_SUCCESS',
      failure: 'AUTHORIZATION_FAILURE',
      processing: 'AUTHORIZATION_PROCESSING',
      unknown: 'AUTHORIZATION_PROCESSING',
    },
    errorMeansFailed: true,
    idField: 'connector_authorization_id',
    keyParts: perCallKey,
  }),
  row({
    operation: 'create_order',
    trait: 'PaymentsCreateOrder',
    summary: 'Create the order some processors need before an authorize.',
    methods: ['PaymentService/CreateOrder'],
    statusKind: 'payment',
    status: { ...payment(UNSPECIFIED.payment), unknown: UNSPECIFIED.payment },
    idField: 'connector_order_id',
    keyParts: everyCall,
  }),
  row({
    operation: 'reverse',
    trait: 'PaymentPostCaptureVoid',
    summary: 'Undo a captured payment as a whole.',
    methods: ['PaymentService/Reverse'],
    movesMoney: true,
    statusKind: 'payment',
    status: payment('VOIDED_POST_CAPTURE', 'VOID_FAILED'),
    idField: 'connector_transaction_id',
    keyParts: attempt,
  }),
  row({
    operation: 'verify_redirect',
    trait: 'ConnectorRedirectResponse',
    summary: 'Check what came back from a redirect.',
    methods: ['PaymentService/VerifyRedirectResponse'],
    isQuestion: true,
    statusKind: 'payment',
    status: { ...payment(UNSPECIFIED.payment), unknown: UNSPECIFIED.payment },
    idField: 'connector_transaction_id',
    keyParts: everyCall,
  }),
  row({
    operation: 'access_token',
    trait: 'ConnectorAccessToken',
    summary: "Get an access token for the processor's API.",
    methods: ['MerchantAuthenticationService/CreateServerAuthenticationToken'],
    aliases: ['MerchantAuthenticationService/CreateAccessToken'],
    statusKind: 'token',
    status: {
      success: 'OPERATION_STATUS_SUCCESS',
      failure: 'OPERATION_STATUS_FAILURE',
      processing: 'OPERATION_STATUS_PENDING',
      unknown: 'OPERATION_STATUS_PENDING',
    },
    idField: 'access_token',
    keyParts: everyCall,
  }),
  row({
    operation: 'session_token',
    trait: 'PaymentAuthorizeSessionToken',
    summary: 'Open a session at the processor for the steps that follow.',
    methods: ['MerchantAuthenticationService/CreateServerSessionAuthenticationToken'],
    aliases: ['MerchantAuthenticationService/CreateSessionToken'],
    statusKind: 'none',
    status: none,
    idField: 'session_token',
    keyParts: everyCall,
  }),
  row({
    operation: 'create_customer',
    trait: 'ConnectorCustomer',
    summary: 'Create a customer at the processor.',
    methods: ['CustomerService/Create'],
    statusKind: 'none',
    status: none,
    idField: 'connector_customer_id',
    keyParts: everyCall,
  }),
  row({
    operation: 'get_customer',
    trait: 'ConnectorCustomer (lookup)',
    summary: 'Look a customer up at the processor.',
    methods: ['CustomerService/Get'],
    isQuestion: true,
    statusKind: 'none',
    status: none,
    keyParts: everyCall,
  }),
  row({
    operation: 'pre_authenticate',
    trait: 'PaymentsPreAuthenticate',
    summary: 'Start 3-D Secure: collect device data, prepare the authentication.',
    methods: ['PaymentMethodAuthenticationService/PreAuthenticate'],
    statusKind: 'payment',
    status: payment('AUTHENTICATION_PENDING', 'AUTHENTICATION_FAILED'),
    idField: 'connector_transaction_id',
    keyParts: everyCall,
  }),
  row({
    operation: 'authenticate',
    trait: 'PaymentsAuthenticate',
    summary: 'Run 3-D Secure: frictionless, or with a challenge.',
    methods: ['PaymentMethodAuthenticationService/Authenticate'],
    statusKind: 'payment',
    status: payment('AUTHENTICATION_SUCCESSFUL', 'AUTHENTICATION_FAILED'),
    idField: 'connector_transaction_id',
    keyParts: everyCall,
  }),
  row({
    operation: 'post_authenticate',
    trait: 'PaymentsPostAuthenticate',
    summary: 'Read the result of 3-D Secure.',
    methods: ['PaymentMethodAuthenticationService/PostAuthenticate'],
    statusKind: 'payment',
    status: payment('AUTHENTICATION_SUCCESSFUL', 'AUTHENTICATION_FAILED'),
    idField: 'connector_transaction_id',
    keyParts: everyCall,
  }),
  row({
    operation: 'calculate_surcharge',
    trait: 'SurchargeCalculation',
    summary: 'Ask what surcharge applies.',
    methods: ['SurchargeService/Calculate'],
    statusKind: 'none',
    status: none,
    idField: 'connector_surcharge_id',
    keyParts: everyCall,
  }),
  row({
    operation: 'payout_create',
    trait: 'PayoutCreate',
    summary: 'Create a payout.',
    methods: ['PayoutService/Create'],
    movesMoney: true,
    statusKind: 'payout',
    status: payout('REQUIRES_FULFILLMENT'),
    errorMeansFailed: true,
    idField: 'connector_payout_id',
    keyParts: payoutKey,
  }),
  row({
    operation: 'payout_fulfill',
    trait: 'PayoutFulfill',
    summary: 'Send the money of a payout.',
    methods: ['PayoutService/Transfer'],
    movesMoney: true,
    statusKind: 'payout',
    status: payout('SUCCESS'),
    errorMeansFailed: true,
    idField: 'connector_payout_id',
    keyParts: payoutKey,
  }),
  row({
    operation: 'payout_sync',
    trait: 'PayoutSync',
    summary: 'Ask for the state of a payout.',
    methods: ['PayoutService/Get'],
    isQuestion: true,
    statusKind: 'payout',
    status: payout('SUCCESS'),
    idField: 'connector_payout_id',
    keyParts: everyCall,
  }),
  row({
    operation: 'payout_cancel',
    trait: 'PayoutCancel',
    summary: 'Cancel a payout that was not sent.',
    methods: ['PayoutService/Void'],
    movesMoney: true,
    statusKind: 'payout',
    // The payout goes on: that it could not be cancelled is no failure of its own.
    status: { ...payout('CANCELLED'), failure: 'PENDING' },
    errorMeansFailed: true,
    idField: 'connector_payout_id',
    keyParts: payoutKey,
  }),
  row({
    operation: 'payout_quote',
    trait: 'PayoutQuote',
    summary: 'Get a quote for a payout.',
    methods: ['PayoutService/Stage'],
    statusKind: 'payout',
    status: payout('REQUIRES_CREATION'),
    idField: 'connector_payout_id',
    keyParts: everyCall,
  }),
  row({
    operation: 'payout_create_link',
    trait: 'PayoutLink',
    summary: 'Create a link between recipient and payout.',
    methods: ['PayoutService/CreateLink'],
    statusKind: 'payout',
    status: payout('REQUIRES_PAYOUT_METHOD_DATA'),
    idField: 'connector_payout_id',
    keyParts: everyCall,
  }),
  row({
    operation: 'payout_recipient',
    trait: 'PayoutRecipient',
    summary: 'Create the recipient of a payout.',
    methods: ['PayoutService/CreateRecipient'],
    statusKind: 'payout',
    status: payout('REQUIRES_VENDOR_ACCOUNT_CREATION'),
    idField: 'connector_payout_id',
    keyParts: everyCall,
  }),
  row({
    operation: 'payout_recipient_account',
    trait: 'PayoutRecipientAccount',
    summary: "Enroll a recipient's account.",
    methods: ['PayoutService/EnrollDisburseAccount'],
    statusKind: 'payout',
    status: payout('REQUIRES_CREATION'),
    idField: 'connector_payout_id',
    keyParts: everyCall,
  }),
  row({
    operation: 'payout_eligibility',
    trait: 'PayoutEligibility',
    summary: 'Ask whether a payout method can be used.',
    methods: ['PayoutService/Eligibility'],
    isQuestion: true,
    statusKind: 'payout',
    status: { ...payout('REQUIRES_CREATION'), failure: 'INELIGIBLE' },
    idField: 'connector_payout_id',
    keyParts: everyCall,
  }),
  row({
    operation: 'void_refund',
    trait: 'RefundVoid',
    summary: 'Take back a refund that was not settled.',
    methods: ['RefundService/VoidPostRefund'],
    movesMoney: true,
    statusKind: 'refund',
    status: {
      ...refund,
      success: 'REFUND_FAILURE',
      failure: UNSPECIFIED.refund,
      unknown: UNSPECIFIED.refund,
    },
    errorMeansFailed: true,
    idField: 'connector_refund_id',
    keyParts: refundKey,
  }),
  row({
    operation: 'accept_dispute',
    trait: 'AcceptDispute',
    summary: 'Accept the loss of a dispute.',
    methods: ['DisputeService/Accept'],
    movesMoney: true,
    statusKind: 'dispute',
    status: dispute('DISPUTE_ACCEPTED'),
    idField: 'dispute_id',
    keyParts: attempt,
  }),
  row({
    operation: 'submit_evidence',
    trait: 'SubmitEvidence',
    summary: 'Send evidence for a dispute.',
    methods: ['DisputeService/SubmitEvidence'],
    statusKind: 'dispute',
    status: dispute('DISPUTE_CHALLENGED'),
    idField: 'dispute_id',
    keyParts: everyCall,
  }),
  row({
    operation: 'defend_dispute',
    trait: 'DefendDispute',
    summary: 'Contest a dispute.',
    methods: ['DisputeService/Defend'],
    statusKind: 'dispute',
    status: dispute('DISPUTE_CHALLENGED'),
    idField: 'dispute_id',
    keyParts: everyCall,
  }),
  row({
    operation: 'dispute_sync',
    trait: 'DisputeSync',
    summary: 'Ask for the state of a dispute.',
    methods: ['DisputeService/Get'],
    isQuestion: true,
    statusKind: 'dispute',
    status: dispute(UNSPECIFIED.dispute),
    idField: 'connector_dispute_id',
    keyParts: everyCall,
  }),
  row({
    operation: 'create_payment_method',
    trait: 'PaymentMethodCreate',
    summary: 'Create a payment method at the processor.',
    methods: ['PaymentMethodService/Create'],
    statusKind: 'none',
    status: none,
    idField: 'connector_payment_method_id',
    keyParts: everyCall,
  }),
  row({
    operation: 'get_payment_method',
    trait: 'PaymentMethodGet',
    summary: 'Look a payment method up at the processor.',
    methods: ['PaymentMethodService/Get'],
    isQuestion: true,
    statusKind: 'none',
    status: none,
    idField: 'connector_payment_method_id',
    keyParts: everyCall,
  }),
  row({
    operation: 'recharge_payment_method',
    trait: 'PaymentMethodRecharge',
    summary: 'Put money on a wallet, gift card or prepaid card.',
    methods: ['PaymentMethodService/Recharge'],
    movesMoney: true,
    statusKind: 'recharge',
    status: {
      success: 'RECHARGE_SUCCESS',
      failure: 'RECHARGE_FAILURE',
      processing: 'RECHARGE_PENDING',
      unknown: 'RECHARGE_PENDING',
    },
    idField: 'connector_recharge_id',
    keyParts: perCallKey,
  }),
  row({
    operation: 'payment_method_eligibility',
    trait: 'PaymentMethodEligibility',
    summary: 'Ask whether a payment method may be used here.',
    methods: ['PaymentMethodService/Eligibility'],
    isQuestion: true,
    statusKind: 'none',
    status: none,
    keyParts: everyCall,
  }),
  row({
    operation: 'pre_risk_check',
    trait: 'FraudCheckCheckout',
    summary: 'Ask a fraud service before the payment.',
    methods: ['FraudAndRiskManagementService/PreRiskCheck'],
    statusKind: 'none',
    status: none,
    idField: 'frm_transaction_id',
    keyParts: everyCall,
  }),
  row({
    operation: 'post_risk_check',
    trait: 'FraudCheckTransaction',
    summary: 'Tell a fraud service how the payment ended.',
    methods: ['FraudAndRiskManagementService/PostRiskCheck'],
    statusKind: 'none',
    status: none,
    idField: 'frm_transaction_id',
    keyParts: everyCall,
  }),
  row({
    operation: 'parse_webhook',
    trait: 'IncomingWebhook',
    summary: 'Say what an incoming webhook is about, without secrets.',
    channel: 'webhooks',
    methods: ['EventService/ParseEvent'],
    deadlineMs: 10_000,
    statusKind: 'none',
    status: none,
    keyParts: everyCall,
  }),
  row({
    operation: 'handle_webhook',
    trait: 'IncomingWebhook',
    summary: 'Verify an incoming webhook and say what it changes.',
    channel: 'webhooks',
    methods: ['EventService/HandleEvent'],
    deadlineMs: 10_000,
    statusKind: 'none',
    status: none,
    keyParts: everyCall,
  }),
  row({
    operation: 'notify_connector',
    trait: 'ConnectorNotification',
    summary: 'Tell the processor about an event on our side.',
    channel: 'webhooks',
    methods: ['EventService/NotifyConnector'],
    deadlineMs: 10_000,
    statusKind: 'none',
    status: none,
    keyParts: everyCall,
  }),
] as const;

/** The name of an operation: the last token of its subject. */
export type Operation = (typeof ROWS)[number]['operation'];

/** Every operation, in the order documentation lists them. */
export const OPERATIONS: readonly (OperationRow & { readonly operation: Operation })[] = ROWS;

const BY_NAME = new Map<string, OperationRow & { readonly operation: Operation }>(
  OPERATIONS.map((entry) => [entry.operation, entry]),
);
const BY_METHOD = new Map(
  OPERATIONS.flatMap((entry) =>
    [...entry.methods, ...(entry.aliases ?? [])].map((method) => [method, entry] as const),
  ),
);

/** The row of an operation that is known to exist. */
export function operationRow(operation: Operation): OperationRow & { readonly operation: Operation } {
  return BY_NAME.get(operation) as OperationRow & { readonly operation: Operation };
}

export function isOperation(name: string): name is Operation {
  return BY_NAME.has(name);
}

/** Of a name that may be anything, as a header's. */
export function movesMoney(name: string): name is Operation {
  return isOperation(name) && operationRow(name).movesMoney;
}

/** The row that answers a UCS method (`PaymentService/Authorize`), aliases included. */
export function operationOfMethod(
  method: string,
): (OperationRow & { readonly operation: Operation }) | undefined {
  return BY_METHOD.get(method);
}
