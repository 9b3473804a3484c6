/** Every UCS method that the bridge serves, called once and more on one stack; what was answered, in order. */
import { decodeUcs, encodeUcs, type JsonObject, UCS_METHODS } from '@nats-bridge/protocol';
import { signSandboxWebhook, TEST_CARDS } from '@nats-bridge/sandbox';
import { APPROVED, authorizeRequest, cardDetails, METADATA, money, type Stack } from './stack-under-test.js';

export type Step = { readonly method: string; readonly answer: JsonObject };

const PROCESSING = '4000000000000077';
const REDIRECT = '4000000000003220';
const PAYOUT = { 'x-connector': undefined, 'x-payout-connector': 'imerchantsolutions' };

/** The same calls with the same ids on whatever stack, so that two transcripts can be compared. */
export async function driveEveryMethod(stack: Pick<Stack, 'call' | 'raw' | 'advance'>): Promise<Step[]> {
  const steps: Step[] = [];
  let count = 0;
  const next = (kind = 'att') => `${kind}_${++count}`;

  async function call(method: string, request: JsonObject, resource?: string, metadata = {}) {
    const answer = await stack.call(method, request, resource, metadata);
    steps.push({ method, answer });
    return answer;
  }
  async function authorize(changes: JsonObject = {}, number = APPROVED, attempt = next()) {
    const request = authorizeRequest(attempt, changes, number);
    const answer = await call('PaymentService/Authorize', request, attempt);
    return { attempt, id: String(answer.connector_transaction_id) };
  }
  const onPayment =
    (method: string, idField: string, changes: JsonObject = {}) =>
    (attempt: string, id: string) =>
      call(
        `PaymentService/${method}`,
        { [idField]: attempt, connector_transaction_id: id, ...changes },
        attempt,
        {
          'x-request-id': next('req'),
        },
      );
  const sync = onPayment('Get', 'merchant_transaction_id');
  const capture = (amount: number) =>
    onPayment('Capture', 'merchant_capture_id', { amount_to_capture: money(amount) });
  const voidIt = onPayment('Void', 'merchant_void_id');
  const reverse = onPayment('Reverse', 'merchant_reverse_id');

  async function cards() {
    const charged = await authorize({ metadata: '{"order":7}', test_mode: true });
    await authorize({}, APPROVED, charged.attempt);
    await sync(charged.attempt, charged.id);
    await sync(next(), 'pay_nowhere');
    await voidIt(charged.attempt, charged.id);
    await reverse(charged.attempt, charged.id);
    for (const { number, behaviour } of TEST_CARDS)
      if (behaviour.kind === 'decline') await authorize({}, number);

    const held = await authorize({ capture_method: 'MANUAL' });
    const raise = { merchant_authorization_id: held.attempt, connector_transaction_id: held.id };
    const raised = { ...raise, amount: money(2_000) };
    await call('PaymentService/IncrementalAuthorization', raised, held.attempt);
    await capture(2_001)(held.attempt, held.id);
    await capture(1_000)(held.attempt, held.id);
    await sync(held.attempt, held.id);
    const dropped = await authorize({ capture_method: 'MANUAL' });
    await voidIt(dropped.attempt, dropped.id);

    const slow = await authorize({}, PROCESSING);
    await sync(slow.attempt, slow.id);
    stack.advance(1_000);
    await sync(slow.attempt, slow.id);
    for (const result of ['approved', 'declined']) {
      const { attempt } = await authorize({}, REDIRECT);
      await authorize({ redirection_response: { params: '', payload: { result } } }, REDIRECT, attempt);
    }
  }

  async function refunds() {
    const { id } = await authorize({ amount: money(200_000) });
    const refund = async (amount: number) => {
      const refundId = next('ref');
      const request = {
        merchant_refund_id: refundId,
        connector_transaction_id: id,
        payment_amount: 200_000,
        refund_amount: money(amount),
      };
      const answer = await call('PaymentService/Refund', request, refundId);
      return { refundId, connector: String(answer.connector_refund_id) };
    };
    const ask = (refund: { refundId: string; connector: string }) =>
      call(
        'RefundService/Get',
        { merchant_refund_id: refund.refundId, connector_transaction_id: id, refund_id: refund.connector },
        refund.refundId,
      );
    await ask(await refund(400));
    await refund(500_000);
    const [pending, voided] = [await refund(77_003), await refund(77_003)];
    await ask(pending);
    const voiding = { merchant_refund_id: voided.refundId, connector_refund_id: voided.connector };
    await call('RefundService/VoidPostRefund', voiding, voided.refundId);
    stack.advance(1_000);
    await ask(pending);
    await ask(voided);
  }

  async function mandates() {
    const attempt = next();
    const customer = { payment_method: { card: cardDetails(APPROVED) }, setup_future_usage: 'OFF_SESSION' };
    const setup = { merchant_recurring_payment_id: attempt, amount: money(0), ...customer };
    const answer = await call('PaymentService/SetupRecurring', setup, attempt);
    const mandate = String(answer.connector_recurring_payment_id);
    const reference = { connector_mandate_id: { connector_mandate_id: mandate } };
    const charge = async () => {
      const id = next();
      const request = { connector_recurring_payment_id: reference, amount: money(900) };
      await call('RecurringPaymentService/Charge', { merchant_charge_id: id, ...request }, id);
    };
    await charge();
    const revoke = next('revoke');
    const revoking = { merchant_revoke_id: revoke, mandate_id: mandate, connector_mandate_id: mandate };
    await call('RecurringPaymentService/Revoke', revoking, revoke);
    await charge();
  }

  async function tokensAndVaults() {
    const tokenizing = { merchant_payment_method_id: 'pm_1', amount: money(0) };
    const card = { payment_method: { card: cardDetails('4000000000009995') } };
    const tokenized = await call('PaymentMethodService/Tokenize', { ...tokenizing, ...card });
    const connector_token = String(tokenized.payment_method_token);
    const card_proxy = cardDetails(APPROVED);
    for (const [kind, means] of [
      ['Token', { connector_token }],
      ['Proxy', { card_proxy }],
    ] as const) {
      const [attempt, setup] = [next(), next()];
      const vault = { 'x-external-vault-metadata': Buffer.from('{"vault":1}').toString('base64') };
      const paying = { merchant_transaction_id: attempt, amount: money(700), capture_method: 'AUTOMATIC' };
      await call(`PaymentService/${kind}Authorize`, { ...paying, ...means }, attempt, vault);
      const setting = { merchant_recurring_payment_id: setup, amount: money(0), ...means };
      await call(`PaymentService/${kind}SetupRecurring`, setting, setup, vault);
    }
  }

  async function sessions() {
    const service = 'MerchantAuthenticationService';
    for (const [method, alias, request] of [
      ['CreateServerAuthenticationToken', 'CreateAccessToken', { merchant_access_token_id: 'tok_1' }],
      ['CreateClientAuthenticationToken', 'CreateSdkSessionToken', { merchant_client_session_id: 's_1' }],
      ['CreateServerSessionAuthenticationToken', 'CreateSessionToken', { merchant_server_session_id: 's_2' }],
    ] as const) {
      await call(`${service}/${method}`, request);
      const entry = UCS_METHODS.find((one) => one.service === service && one.method === method);
      const bytes = encodeUcs(entry?.requestType ?? '', request);
      const answer = decodeUcs(
        entry?.responseType ?? '',
        await stack.raw(`${service}/${alias}`, bytes, METADATA),
      );
      steps.push({ method: `${service}/${alias}`, answer });
    }
  }

  async function customersAndAuthentication() {
    const customer = { merchant_customer_id: 'cus_1', customer_name: 'Jo Doe', email: 'jo@example.com' };
    const created = await call('CustomerService/Create', customer);
    for (const connector_customer_id of [String(created.connector_customer_id), 'cus_nobody'])
      await call('CustomerService/Get', { merchant_customer_id: 'cus_1', connector_customer_id });
    const attempt = next();
    const payment = {
      merchant_order_id: 'order_1',
      amount: money(1_250),
      payment_method: { card: cardDetails(APPROVED) },
    };
    for (const step of ['PreAuthenticate', 'Authenticate', 'PostAuthenticate'])
      await call(`PaymentMethodAuthenticationService/${step}`, payment, attempt);
    await call('PaymentService/CreateOrder', { merchant_order_id: 'o_1', amount: money(100) }, next());
    const request_details = { method: 'HTTP_METHOD_GET', uri: '/return', headers: {}, body: '' };
    await call('PaymentService/VerifyRedirectResponse', { merchant_order_id: 'o_1', request_details });
    const surcharge = { merchant_surcharge_id: 's_1', amount: money(1_250) };
    await call('SurchargeService/Calculate', surcharge, undefined, {
      'x-connector': undefined,
      'x-surcharge-connector': 'imerchantsolutions',
    });
  }

  async function payouts() {
    const payout = (method: string, id: string, payoutId?: string) =>
      call(
        `PayoutService/${method}`,
        method === 'Stage'
          ? { merchant_quote_id: id, amount: money(500) }
          : { merchant_payout_id: id, ...(payoutId !== undefined && { connector_payout_id: payoutId }) },
        id,
        PAYOUT,
      );
    for (const step of ['CreateLink', 'CreateRecipient', 'EnrollDisburseAccount', 'Eligibility', 'Stage'])
      await payout(step, next('payout'));
    const [sent, dropped] = [next('payout'), next('payout')];
    const first = String((await payout('Create', sent)).connector_payout_id);
    for (const step of ['Get', 'Transfer', 'Get', 'Void']) await payout(step, sent, first);
    const second = String((await payout('Create', dropped)).connector_payout_id);
    await payout('Void', dropped, second);
  }

  async function disputes() {
    const dispute = next('dispute');
    const ids = { merchant_dispute_id: dispute, dispute_id: dispute };
    await call('DisputeService/Get', { ...ids, connector_dispute_id: dispute });
    for (const method of ['SubmitEvidence', 'Defend', 'Accept', 'Defend'])
      await call(`DisputeService/${method}`, { ...ids, connector_transaction_id: 'pay_1' }, next());
  }

  async function paymentMethodsAndFraud() {
    const service = 'PaymentMethodService';
    const created = await call(`${service}/Create`, { merchant_payment_method_id: 'gift_1' });
    const connector_payment_method_id = String(created.connector_payment_method_id);
    for (const id of [connector_payment_method_id, 'pm_none'])
      await call(`${service}/Get`, { connector_payment_method_id: id });
    const recharge = {
      merchant_recharge_id: 'recharge_1',
      connector_payment_method_id,
      amount: money(5_000),
    };
    await call(`${service}/Recharge`, { merchant_payment_method_id: 'gift_1', ...recharge }, next());
    await call(`${service}/Eligibility`, { amount: money(100) });
    for (const method of ['PreRiskCheck', 'PostRiskCheck']) {
      const request = { amount: money(100), merchant_transaction_id: next() };
      await call(`FraudAndRiskManagementService/${method}`, request, next());
    }
  }

  async function webhooks() {
    const body = JSON.stringify({
      type: 'PAYMENT_INTENT_SUCCESS',
      connector_transaction_id: 'pay_1',
      merchant_transaction_id: 'att_1',
      status: 'CHARGED',
    });
    const details = (signature: string, text = body) => ({
      method: 'HTTP_METHOD_POST',
      uri: '/webhooks',
      headers: { 'x-sandbox-signature': signature },
      body: Buffer.from(text).toString('base64'),
    });
    const genuine = signSandboxWebhook(body, 'whsec');
    const unknown = { 'x-auth': 'NoKey', 'x-api-key': undefined };
    await call('EventService/ParseEvent', { request_details: details(genuine) }, undefined, unknown);
    for (const request_details of [
      details(genuine),
      details(signSandboxWebhook(body, 'guessed')),
      details(genuine, 'not JSON'),
    ]) {
      const request = { merchant_event_id: 'evt_1', request_details, webhook_secrets: { secret: 'whsec' } };
      await call('EventService/HandleEvent', request);
    }
    await call('EventService/NotifyConnector', { event_id: 'evt_1' });
  }

  await cards();
  await refunds();
  await mandates();
  await tokensAndVaults();
  await sessions();
  await customersAndAuthentication();
  await payouts();
  await disputes();
  await paymentMethodsAndFraud();
  await webhooks();
  return steps;
}

/** Ids that a sandbox made up are numbered in the order they appear in: two sandboxes make up different ones. */
export function withNumberedIds(steps: readonly Step[]): readonly Step[] {
  const numbers = new Map<string, string>();
  const text = JSON.stringify(steps).replace(
    /\b(pay|tok|access|session|client|cus|auth|order|surcharge|po|pm|recharge|frm|mandate|ntid)_[0-9a-f]{8,}/g,
    (id, kind: string) => {
      const numbered = numbers.get(id) ?? `${kind}#${numbers.size}`;
      numbers.set(id, numbered);
      return numbered;
    },
  );
  return JSON.parse(text);
}
