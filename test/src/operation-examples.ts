/** One real exchange of every operation: asked over gRPC, answered by the sandbox, heard on NATS. */
import { type JsonObject, OPERATIONS, type Operation, operationOfMethod } from '@nats-bridge/protocol';
import { signSandboxWebhook } from '@nats-bridge/sandbox';
import { APPROVED, authorizeRequest, cardDetails, money, type Stack } from './stack-under-test.js';
import { until } from './until.js';

/** What went over the wires for one call. */
export type Exchange = {
  readonly operation: Operation;
  /** `Service/Method` of UCS. */
  readonly method: string;
  readonly subject: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly request: JsonObject;
  readonly reply: JsonObject;
  /** What Hyperswitch was answered. */
  readonly response: JsonObject;
};

type Heard = {
  readonly subject: string;
  readonly headers: Record<string, string>;
  readonly body: JsonObject;
};

const PAYOUT = { 'x-connector': undefined, 'x-payout-connector': 'imerchantsolutions' };

/** Drives the sandbox through every operation, in an order in which each has what it needs. */
export async function driveEveryOperation(stack: Stack): Promise<readonly Exchange[]> {
  const exchanges = new Map<Operation, Exchange>();
  const heard: Heard[] = [];
  const nats = await stack.nats();
  for (const subject of [
    'hyperswitch.payments.>',
    'hyperswitch.webhooks.>',
    'hyperswitch.operations.>',
    'hyperswitch.answers.>',
    '_INBOX.>',
  ])
    nats.subscribe(subject, {
      callback: (_, { subject, data, headers }) => {
        if (data.length === 0) return;
        const named = Object.fromEntries(
          (headers?.keys() ?? []).map((name) => [name, headers?.get(name) ?? '']),
        );
        const body: unknown = parseJson(data);
        if (typeof body === 'object' && body !== null)
          heard.push({ subject, headers: named, body: body as JsonObject });
      },
    });
  await nats.flush();

  async function call(
    method: string,
    request: JsonObject,
    attempt = 'att_1',
    metadata = {},
  ): Promise<JsonObject> {
    heard.length = 0;
    const operation = operationOfMethod(method)?.operation;
    if (operation === undefined) throw new Error(`${method} is no method of an operation`);
    const response = await stack.call(method, request, attempt, metadata);
    const asked = await until(`the request of ${method}`, () =>
      heard.find(({ body }) => body.operation === operation),
    );
    const { body: reply } = await until(`the reply to ${method}`, () =>
      heard.find(({ body }) => 'status' in body && body.correlation_id === asked.body.correlation_id),
    );
    // Two ways to the same operation: the page shows the one that Hyperswitch calls.
    if (!exchanges.has(operation))
      exchanges.set(operation, { operation, method, ...asked, request: asked.body, reply, response });
    return response;
  }
  const authorize = async (attempt: string, changes: JsonObject = {}) => {
    const answer = await call('PaymentService/Authorize', authorizeRequest(attempt, changes), attempt);
    return String(answer.connector_transaction_id);
  };

  const charged = await authorize('att_1');
  await call('PaymentService/Get', { merchant_transaction_id: 'att_1', connector_transaction_id: charged });
  const refund = { merchant_refund_id: 'ref_1', connector_transaction_id: charged };
  const refunded = await call(
    'PaymentService/Refund',
    { ...refund, payment_amount: 1_250, refund_amount: money(400) },
    'ref_1',
  );
  await call('RefundService/Get', { ...refund, refund_id: String(refunded.connector_refund_id) }, 'ref_1');

  const large = await authorize('att_2', { amount: money(200_000) });
  const pending = await call(
    'PaymentService/Refund',
    {
      merchant_refund_id: 'ref_2',
      connector_transaction_id: large,
      payment_amount: 200_000,
      refund_amount: money(77_003),
    },
    'ref_2',
  );
  await call(
    'RefundService/VoidPostRefund',
    { merchant_refund_id: 'ref_2', connector_refund_id: String(pending.connector_refund_id) },
    'ref_2',
  );

  const held = await authorize('att_3', { capture_method: 'MANUAL' });
  await call(
    'PaymentService/IncrementalAuthorization',
    { merchant_authorization_id: 'att_3', connector_transaction_id: held, amount: money(2_000) },
    'att_3',
    { 'x-request-id': 'req_1' },
  );
  await call(
    'PaymentService/Capture',
    { merchant_capture_id: 'att_3', connector_transaction_id: held, amount_to_capture: money(1_000) },
    'att_3',
    { 'x-request-id': 'req_2' },
  );
  await call(
    'PaymentService/Void',
    {
      merchant_void_id: 'att_4',
      connector_transaction_id: await authorize('att_4', { capture_method: 'MANUAL' }),
    },
    'att_4',
  );
  await call(
    'PaymentService/Reverse',
    { merchant_reverse_id: 'att_5', connector_transaction_id: await authorize('att_5') },
    'att_5',
  );

  const card = { card: cardDetails(APPROVED) };
  const setup = await call(
    'PaymentService/SetupRecurring',
    {
      merchant_recurring_payment_id: 'att_6',
      amount: money(0),
      payment_method: card,
      setup_future_usage: 'OFF_SESSION',
    },
    'att_6',
  );
  const mandate = String(setup.connector_recurring_payment_id);
  await call(
    'RecurringPaymentService/Charge',
    {
      merchant_charge_id: 'att_7',
      connector_recurring_payment_id: { connector_mandate_id: { connector_mandate_id: mandate } },
      amount: money(900),
    },
    'att_7',
  );
  await call(
    'RecurringPaymentService/Revoke',
    { merchant_revoke_id: 'att_8', mandate_id: mandate, connector_mandate_id: mandate },
    'att_8',
  );

  await call('PaymentMethodService/Tokenize', {
    merchant_payment_method_id: 'pm_1',
    amount: money(0),
    payment_method: card,
  });
  const authentication = 'MerchantAuthenticationService';
  await call(`${authentication}/CreateServerAuthenticationToken`, { merchant_access_token_id: 'tok_1' });
  await call(`${authentication}/CreateClientAuthenticationToken`, {
    merchant_client_session_id: 's_1',
    payment: { amount: money(100) },
  });
  await call(`${authentication}/CreateServerSessionAuthenticationToken`, {
    merchant_server_session_id: 's_2',
    payment: { amount: money(100) },
  });

  const customer = await call('CustomerService/Create', {
    merchant_customer_id: 'cus_1',
    customer_name: 'Jo Doe',
    email: 'jo@example.com',
  });
  await call('CustomerService/Get', {
    merchant_customer_id: 'cus_1',
    connector_customer_id: String(customer.connector_customer_id),
  });

  for (const step of ['PreAuthenticate', 'Authenticate', 'PostAuthenticate'])
    await call(
      `PaymentMethodAuthenticationService/${step}`,
      { merchant_order_id: 'order_1', amount: money(1_250), payment_method: card },
      'att_9',
    );
  await call('PaymentService/CreateOrder', { merchant_order_id: 'order_1', amount: money(100) });
  await call('PaymentService/VerifyRedirectResponse', {
    merchant_order_id: 'order_1',
    request_details: { method: 'HTTP_METHOD_GET', uri: '/return', headers: {}, body: '' },
  });
  await call('SurchargeService/Calculate', { merchant_surcharge_id: 's_1', amount: money(1_250) });

  for (const step of ['CreateLink', 'CreateRecipient', 'EnrollDisburseAccount', 'Eligibility'])
    await call(`PayoutService/${step}`, { merchant_payout_id: 'po_0' }, 'po_0', PAYOUT);
  await call('PayoutService/Stage', { merchant_quote_id: 'po_1', amount: money(500) }, 'po_1', PAYOUT);
  const payout = async (step: string, id: string, payoutId?: unknown) =>
    call(
      `PayoutService/${step}`,
      { merchant_payout_id: id, ...(payoutId !== undefined && { connector_payout_id: String(payoutId) }) },
      id,
      PAYOUT,
    );
  const created = (await payout('Create', 'po_2')).connector_payout_id;
  await payout('Transfer', 'po_2', created);
  await payout('Get', 'po_2', created);
  await payout('Void', 'po_3', (await payout('Create', 'po_3')).connector_payout_id);

  await call('DisputeService/Get', {
    merchant_dispute_id: 'dp_1',
    dispute_id: 'dp_1',
    connector_dispute_id: 'dp_1',
  });
  for (const step of ['SubmitEvidence', 'Defend', 'Accept'])
    await call(
      `DisputeService/${step}`,
      { merchant_dispute_id: 'dp_1', connector_transaction_id: charged, dispute_id: 'dp_1' },
      `att_${step.toLowerCase()}`,
    );

  const method = await call('PaymentMethodService/Create', { merchant_payment_method_id: 'gift_1' });
  const connector_payment_method_id = String(method.connector_payment_method_id);
  await call('PaymentMethodService/Get', { connector_payment_method_id });
  await call(
    'PaymentMethodService/Recharge',
    {
      merchant_payment_method_id: 'gift_1',
      connector_payment_method_id,
      merchant_recharge_id: 'recharge_1',
      amount: money(5_000),
    },
    'att_10',
    { 'x-request-id': 'req_3' },
  );
  await call('PaymentMethodService/Eligibility', { amount: money(100) });
  for (const step of ['PreRiskCheck', 'PostRiskCheck'])
    await call(
      `FraudAndRiskManagementService/${step}`,
      { amount: money(100), merchant_transaction_id: 'att_11' },
      'att_11',
    );

  const body = JSON.stringify({
    type: 'PAYMENT_INTENT_SUCCESS',
    connector_transaction_id: 'pay_1',
    merchant_transaction_id: 'att_1',
    status: 'CHARGED',
  });
  const request_details = {
    method: 'HTTP_METHOD_POST',
    uri: '/webhooks',
    headers: { 'x-sandbox-signature': signSandboxWebhook(body, 'whsec') },
    body: Buffer.from(body).toString('base64'),
  };
  await call('EventService/ParseEvent', { request_details }, undefined, { 'x-auth': 'NoKey' });
  await call('EventService/HandleEvent', {
    merchant_event_id: 'evt_1',
    request_details,
    webhook_secrets: { secret: 'whsec' },
  });
  await call('EventService/NotifyConnector', { event_id: 'evt_1' });

  return OPERATIONS.map(({ operation }) => {
    const exchange = exchanges.get(operation);
    if (exchange === undefined) throw new Error(`${operation} was not driven: add a call of it here`);
    return exchange;
  });
}

function parseJson(data: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(data).toString('utf8'));
  } catch {
    return undefined;
  }
}
