/** Every UCS method that the bridge serves, driven over gRPC through NATS to the sandbox and back. */
import { status as grpcStatus } from '@grpc/grpc-js';
import {
  decodeUcs,
  encodeUcs,
  type JsonObject,
  OPERATIONS,
  operationOfMethod,
  UCS_METHODS,
} from '@nats-bridge/protocol';
import { signSandboxWebhook, TEST_CARDS } from '@nats-bridge/sandbox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  APPROVED,
  authorizeRequest,
  cardDetails,
  METADATA,
  MODES,
  money,
  type Stack,
  startStack,
} from './stack-under-test.js';

/** What the processor said of its own accord; one test looks at it, the others at what the bridge says. */
const FROM_PROCESSOR = ['raw_connector_response', 'connector_feature_data', 'network_transaction_id'];

const essential = (answer: JsonObject) =>
  Object.fromEntries(Object.entries(answer).filter(([field]) => !FROM_PROCESSOR.includes(field)));

const PAY_ID = expect.stringMatching(/^pay_[0-9a-f]+$/);
const refused = (code: string, message: string | RegExp) => ({
  error: {
    connector_details: {
      code,
      message: message instanceof RegExp ? expect.stringMatching(message) : message,
    },
  },
  status_code: 400,
});

describe.each(MODES)('every UCS method, %s', (mode) => {
  let stack: Stack;
  let count = 0;
  const driven = new Set<string>();
  const next = (kind = 'att') => `${kind}_${mode}_${++count}`;

  async function call(method: string, request: JsonObject, resource?: string, metadata = {}) {
    driven.add(method);
    return stack.call(method, request, resource, metadata);
  }

  async function authorize(changes: JsonObject = {}, number = APPROVED, attempt = next()) {
    const answer = await call(
      'PaymentService/Authorize',
      authorizeRequest(attempt, changes, number),
      attempt,
    );
    return { answer, attempt, id: String(answer.connector_transaction_id) };
  }
  const capture = (attempt: string, id: string, amount: number, reference?: string) =>
    call(
      'PaymentService/Capture',
      {
        merchant_capture_id: attempt,
        connector_transaction_id: id,
        amount_to_capture: money(amount),
        ...(reference !== undefined && {
          multiple_capture_data: { capture_sequence: 1, capture_reference: reference },
        }),
      },
      attempt,
      { 'x-request-id': next('req') },
    );
  const sync = (attempt: string, id: string) =>
    call('PaymentService/Get', { merchant_transaction_id: attempt, connector_transaction_id: id }, attempt);
  const voidIt = (attempt: string, id: string) =>
    call('PaymentService/Void', { merchant_void_id: attempt, connector_transaction_id: id }, attempt);
  const refund = (id: string, amount: number, refundId = next('ref')) =>
    call(
      'PaymentService/Refund',
      {
        merchant_refund_id: refundId,
        connector_transaction_id: id,
        payment_amount: 1_250,
        refund_amount: money(amount),
      },
      refundId,
    );

  beforeAll(async () => {
    stack = await startStack({ mode });
  });
  afterAll(() => stack.close());

  it('authorizes and charges at once', async () => {
    const { answer, attempt } = await authorize();
    expect(essential(answer)).toEqual({
      merchant_transaction_id: attempt,
      connector_transaction_id: PAY_ID,
      status: 'CHARGED',
      status_code: 200,
      captured_amount: 1_250,
    });
    const id = answer.connector_transaction_id;
    expect(JSON.parse(String(answer.connector_feature_data))).toEqual({ sandbox_payment: id });
    expect(JSON.parse(String(answer.raw_connector_response))).toEqual({
      id,
      object: 'payment',
      status: 'closed',
      amount: 1_250,
      amount_captured: 1_250,
      amount_refunded: 0,
      currency: 'EUR',
      last4: '4242',
    });
  });

  it('gives a repeated authorize its first answer, and charges once', async () => {
    const first = await authorize();
    const again = await authorize({}, APPROVED, first.attempt);
    expect(again.answer).toEqual(first.answer);
  });

  it('authorizes to capture later, and captures a part', async () => {
    const { answer, attempt, id } = await authorize({ capture_method: 'MANUAL' });
    expect(essential(answer)).toEqual({
      merchant_transaction_id: attempt,
      connector_transaction_id: PAY_ID,
      status: 'AUTHORIZED',
      status_code: 200,
    });
    expect(essential(await capture(attempt, id, 1_000))).toEqual({
      merchant_capture_id: attempt,
      connector_transaction_id: id,
      status: 'PARTIAL_CHARGED',
      status_code: 200,
      captured_amount: 1_000,
    });
    expect(essential(await sync(attempt, id))).toEqual({
      merchant_transaction_id: attempt,
      connector_transaction_id: id,
      status: 'PARTIAL_CHARGED',
      status_code: 200,
      captured_amount: 1_000,
    });
  });

  it('captures several times, and never more than was authorized', async () => {
    const { attempt, id } = await authorize({ capture_method: 'MANUAL_MULTIPLE' });
    expect(await capture(attempt, id, 500, 'c1')).toMatchObject({
      status: 'PARTIAL_CHARGED_AND_CHARGEABLE',
      captured_amount: 500,
    });
    expect(await capture(attempt, id, 500, 'c1')).toMatchObject({ captured_amount: 500 });
    expect(essential(await capture(attempt, id, 751, 'c2'))).toEqual({
      merchant_capture_id: attempt,
      connector_transaction_id: id,
      status: 'CAPTURE_FAILED',
      ...refused('amount_too_large', 'Only 750 of 1250 can still be captured, not 751'),
    });
    expect(await capture(attempt, id, 750, 'c3')).toMatchObject({
      status: 'CHARGED',
      captured_amount: 1_250,
    });
  });

  it('raises an authorization', async () => {
    const { attempt, id } = await authorize({ capture_method: 'MANUAL' });
    const request = {
      merchant_authorization_id: attempt,
      connector_transaction_id: id,
      amount: money(2_000),
    };
    expect(essential(await call('PaymentService/IncrementalAuthorization', request, attempt))).toEqual({
      connector_authorization_id: id,
      status: 'AUTHORIZATION_SUCCESS',
      status_code: 200,
    });
    expect(await capture(attempt, id, 2_000)).toMatchObject({ status: 'CHARGED', captured_amount: 2_000 });
  });

  it('voids an authorization, which can then not be captured', async () => {
    const { attempt, id } = await authorize({ capture_method: 'MANUAL' });
    expect(essential(await voidIt(attempt, id))).toEqual({
      merchant_void_id: attempt,
      connector_transaction_id: id,
      status: 'VOIDED',
      status_code: 200,
    });
    expect(essential(await capture(attempt, id, 1_250))).toEqual({
      merchant_capture_id: attempt,
      connector_transaction_id: id,
      status: 'CAPTURE_FAILED',
      ...refused('payment_unexpected_state', `Payment ${id} is voided and cannot be captured`),
    });
    expect(await sync(attempt, id)).toMatchObject({ status: 'VOIDED' });
  });

  it('refuses to void what was charged, and reverses it as a whole', async () => {
    const { attempt, id } = await authorize();
    expect(essential(await voidIt(attempt, id))).toEqual({
      merchant_void_id: attempt,
      connector_transaction_id: id,
      status: 'VOID_FAILED',
      ...refused('payment_unexpected_state', `Payment ${id} is charged and cannot be voided`),
    });
    const request = { merchant_reverse_id: attempt, connector_transaction_id: id };
    expect(essential(await call('PaymentService/Reverse', request, attempt))).toEqual({
      merchant_reverse_id: attempt,
      connector_transaction_id: id,
      status: 'VOIDED_POST_CAPTURE',
      status_code: 200,
    });
  });

  it('says UNRESOLVED of a payment the processor does not have', async () => {
    const attempt = next();
    expect(essential(await sync(attempt, 'pay_nowhere'))).toEqual({
      merchant_transaction_id: attempt,
      connector_transaction_id: 'pay_nowhere',
      status: 'UNRESOLVED',
      ...refused('resource_missing', 'There is no payment pay_nowhere'),
    });
  });

  it('refunds in parts, and never more than was charged', async () => {
    const { id } = await authorize();
    const first = next('ref');
    const done = await refund(id, 400, first);
    expect(essential(done)).toEqual({
      merchant_refund_id: first,
      connector_refund_id: expect.stringMatching(new RegExp(`^${id}_r[0-9a-f]+$`)),
      connector_transaction_id: id,
      status: 'REFUND_SUCCESS',
      status_code: 200,
      refund_amount: money(400),
    });
    expect((await refund(id, 400, first)).connector_refund_id).toBe(done.connector_refund_id);
    expect(await refund(id, 800)).toMatchObject({ status: 'REFUND_SUCCESS' });
    expect(await refund(id, 51)).toMatchObject({
      status: 'REFUND_FAILURE',
      ...refused('charge_already_refunded', 'Only 50 of 1250 can still be refunded, not 51'),
    });
    const question = {
      merchant_refund_id: first,
      connector_transaction_id: id,
      refund_id: String(done.connector_refund_id),
    };
    expect(essential(await call('RefundService/Get', question, first))).toEqual({
      merchant_refund_id: first,
      connector_refund_id: done.connector_refund_id,
      connector_transaction_id: id,
      status: 'REFUND_SUCCESS',
      status_code: 200,
      refund_amount: money(400),
    });
  });

  it('settles a pending refund with time, and takes back one that is not settled', async () => {
    const { id } = await authorize({ amount: money(200_000) });
    const [pending, taken] = [next('ref'), next('ref')];
    const { connector_refund_id: settling, ...answer } = await refund(id, 77_003, pending);
    expect(answer).toMatchObject({ status: 'REFUND_PENDING', status_code: 200 });
    expect(answer).not.toHaveProperty('error');
    const { connector_refund_id: voided } = await refund(id, 77_003, taken);
    const request = { merchant_refund_id: taken, connector_refund_id: String(voided) };
    expect(await call('RefundService/VoidPostRefund', request, taken)).toMatchObject({
      connector_refund_id: voided,
      status: 'REFUND_FAILURE',
      status_code: 200,
    });
    const ask = (refundId: unknown) =>
      call('RefundService/Get', {
        merchant_refund_id: pending,
        connector_transaction_id: id,
        refund_id: String(refundId),
      });
    expect(await ask(settling)).toMatchObject({ status: 'REFUND_PENDING' });
    stack.advance(1_000);
    expect(await ask(settling)).toMatchObject({ status: 'REFUND_SUCCESS' });
    expect(await ask(voided)).toMatchObject({ status: 'REFUND_FAILURE' });
  });

  it.each(TEST_CARDS.filter(({ behaviour }) => behaviour.kind === 'decline'))(
    'declines $number with all codes ($summary)',
    async ({ number, behaviour }) => {
      if (behaviour.kind !== 'decline') throw new Error('not a decline');
      const { code, message, networkAdviceCode, networkDeclineCode } = behaviour.decline;
      const { answer, attempt } = await authorize({}, number);
      expect(essential(answer)).toEqual({
        merchant_transaction_id: attempt,
        connector_transaction_id: PAY_ID,
        status: 'FAILURE',
        status_code: 400,
        error: {
          connector_details: { code, message, reason: message },
          issuer_details: {
            network_details: { advice_code: networkAdviceCode, decline_code: networkDeclineCode },
          },
        },
      });
      expect(JSON.stringify(answer)).not.toContain(number);
    },
  );

  it('approves the slow card, after a while', async () => {
    expect((await authorize({}, '4000000000000259')).answer).toMatchObject({ status: 'CHARGED' });
  });

  it('reports processing, and charged once a sync finds it settled', async () => {
    const { answer, attempt, id } = await authorize({}, '4000000000000077');
    expect(essential(answer)).toEqual({
      merchant_transaction_id: attempt,
      connector_transaction_id: PAY_ID,
      status: 'PENDING',
      status_code: 200,
    });
    expect(await sync(attempt, id)).toMatchObject({ status: 'PENDING' });
    stack.advance(1_000);
    expect(await sync(attempt, id)).toMatchObject({ status: 'CHARGED', captured_amount: 1_250 });
  });

  it.each([
    ['approved', { status: 'CHARGED', status_code: 200, captured_amount: 1_250 }],
    ['declined', { status: 'FAILURE', status_code: 400 }],
  ])('sends the customer through a redirect, which ends %s', async (result, expected) => {
    const { answer, attempt, id } = await authorize({}, '4000000000003220');
    expect(essential(answer)).toEqual({
      merchant_transaction_id: attempt,
      connector_transaction_id: PAY_ID,
      status: 'AUTHENTICATION_PENDING',
      status_code: 200,
      redirection_data: {
        form: {
          endpoint: `https://sandbox.invalid/3ds/${id}`,
          method: 'HTTP_METHOD_POST',
          form_fields: { payment: id },
        },
      },
    });
    const completed = await authorize(
      { redirection_response: { params: '', payload: { result } } },
      '4000000000003220',
      attempt,
    );
    expect(completed.answer).toMatchObject({ connector_transaction_id: id, ...expected });
  });

  it('sets up a mandate, charges it, revokes it, and charges it no more', async () => {
    const attempt = next();
    const setup = await call(
      'PaymentService/SetupRecurring',
      {
        merchant_recurring_payment_id: attempt,
        amount: money(0),
        payment_method: { card: cardDetails(APPROVED) },
        setup_future_usage: 'OFF_SESSION',
      },
      attempt,
    );
    const mandate = String(setup.connector_recurring_payment_id);
    const reference = { connector_mandate_id: { connector_mandate_id: mandate } };
    expect(essential(setup)).toEqual({
      merchant_recurring_payment_id: attempt,
      connector_recurring_payment_id: expect.stringMatching(/^mandate_[0-9a-f]+$/),
      status: 'CHARGED',
      status_code: 200,
      mandate_reference: reference,
      mandate_reference_details: reference.connector_mandate_id,
    });
    const charge = (chargeId: string) =>
      call(
        'RecurringPaymentService/Charge',
        { merchant_charge_id: chargeId, connector_recurring_payment_id: reference, amount: money(900) },
        chargeId,
      );
    const charged = next();
    expect(essential(await charge(charged))).toEqual({
      merchant_charge_id: charged,
      connector_transaction_id: PAY_ID,
      status: 'CHARGED',
      status_code: 200,
      captured_amount: 900,
      mandate_reference: reference,
      mandate_reference_details: reference.connector_mandate_id,
    });
    const revoke = next('revoke');
    expect(
      await call(
        'RecurringPaymentService/Revoke',
        { merchant_revoke_id: revoke, mandate_id: mandate, connector_mandate_id: mandate },
        revoke,
      ),
    ).toEqual({ merchant_revoke_id: revoke, status: 'REVOKED', status_code: 200 });
    const late = next();
    expect(essential(await charge(late))).toMatchObject({
      merchant_charge_id: late,
      status: 'FAILURE',
      ...refused('mandate_inactive', `Mandate ${mandate} is revoked`),
    });
  });

  it('tokenizes a card, pays with the token and sets up a mandate with it', async () => {
    const tokenized = await call('PaymentMethodService/Tokenize', {
      merchant_payment_method_id: 'pm_1',
      amount: money(0),
      payment_method: { card: cardDetails('4000000000009995') },
    });
    expect(essential(tokenized)).toEqual({
      merchant_payment_method_id: 'pm_1',
      payment_method_token: expect.stringMatching(/^tok_[0-9a-f]+$/),
      status_code: 200,
    });
    const [attempt, setup] = [next(), next()];
    const connector_token = String(tokenized.payment_method_token);
    expect(
      await call(
        'PaymentService/TokenAuthorize',
        {
          merchant_transaction_id: attempt,
          amount: money(700),
          connector_token,
          capture_method: 'AUTOMATIC',
        },
        attempt,
      ),
    ).toMatchObject({
      merchant_transaction_id: attempt,
      status: 'FAILURE',
      error: { connector_details: { code: 'insufficient_funds' } },
    });
    expect(
      await call(
        'PaymentService/TokenSetupRecurring',
        { merchant_recurring_payment_id: setup, amount: money(0), connector_token },
        setup,
      ),
    ).toMatchObject({ status: 'FAILURE', error: { connector_details: { code: 'insufficient_funds' } } });
  });

  it("pays and sets up a mandate with a vault's card", async () => {
    const [attempt, setup] = [next(), next()];
    const card_proxy = cardDetails(APPROVED);
    expect(
      essential(
        await call(
          'PaymentService/ProxyAuthorize',
          { merchant_transaction_id: attempt, amount: money(700), card_proxy, capture_method: 'AUTOMATIC' },
          attempt,
        ),
      ),
    ).toEqual({
      merchant_transaction_id: attempt,
      connector_transaction_id: PAY_ID,
      status: 'CHARGED',
      status_code: 200,
      captured_amount: 700,
    });
    expect(
      await call(
        'PaymentService/ProxySetupRecurring',
        { merchant_recurring_payment_id: setup, amount: money(0), card_proxy },
        setup,
      ),
    ).toMatchObject({ merchant_recurring_payment_id: setup, status: 'CHARGED', status_code: 200 });
  });

  it('opens sessions and gives access tokens, under their older names too', async () => {
    const service = 'MerchantAuthenticationService';
    const token = {
      merchant_access_token_id: 'tok_1',
      access_token: expect.stringMatching(/^access_[0-9a-f]+$/),
      token_type: 'Bearer',
      expires_in_seconds: 3_600,
      status: 'OPERATION_STATUS_SUCCESS',
      status_code: 200,
    };
    const session = {
      session_data: {
        paypal: {
          connector: 'imerchantsolutions',
          session_token: expect.stringMatching(/^session_[0-9a-f]+$/),
          client_token: expect.stringMatching(/^client_[0-9a-f]+$/),
        },
      },
      status_code: 200,
    };
    const serverSession = { session_token: expect.stringMatching(/^session_[0-9a-f]+$/), status_code: 200 };
    const questions = [
      ['CreateServerAuthenticationToken', 'CreateAccessToken', { merchant_access_token_id: 'tok_1' }, token],
      [
        'CreateClientAuthenticationToken',
        'CreateSdkSessionToken',
        { merchant_client_session_id: 's_1', payment: { amount: money(100) } },
        session,
      ],
      [
        'CreateServerSessionAuthenticationToken',
        'CreateSessionToken',
        { merchant_server_session_id: 's_2', payment: { amount: money(100) } },
        serverSession,
      ],
    ] as const;
    for (const [method, alias, request, expected] of questions) {
      expect(await call(`${service}/${method}`, request)).toEqual(expected);
      const types = UCS_METHODS.find((one) => one.service === service && one.method === method);
      const bytes = encodeUcs(types?.requestType ?? '', request);
      driven.add(`${service}/${alias}`);
      const answer = await stack.raw(`${service}/${alias}`, bytes, METADATA);
      expect(decodeUcs(types?.responseType ?? '', answer)).toEqual(expected);
    }
  });

  it('creates customers and finds them again', async () => {
    const created = await call('CustomerService/Create', {
      merchant_customer_id: 'cus_1',
      customer_name: 'Jo Doe',
      email: 'jo@example.com',
    });
    expect(created).toEqual({
      merchant_customer_id: 'cus_1',
      connector_customer_id: expect.stringMatching(/^cus_[0-9a-f]+$/),
      status_code: 200,
    });
    const ask = (connector_customer_id: string) =>
      call('CustomerService/Get', { merchant_customer_id: 'cus_1', connector_customer_id });
    expect(await ask(String(created.connector_customer_id))).toEqual({
      merchant_customer_id: 'cus_1',
      lookup_status: 'CUSTOMER_LOOKUP_STATUS_FOUND',
      status_code: 200,
      customer: {
        id: 'cus_1',
        name: 'Jo Doe',
        email: 'jo@example.com',
        connector_customer_id: created.connector_customer_id,
      },
    });
    expect(await ask('cus_nobody')).toMatchObject({ lookup_status: 'CUSTOMER_LOOKUP_STATUS_NOT_FOUND' });
  });

  it('authenticates with 3-D Secure in three steps', async () => {
    const attempt = next();
    const request = {
      merchant_order_id: 'order_1',
      amount: money(1_250),
      payment_method: { card: cardDetails(APPROVED) },
    };
    const service = 'PaymentMethodAuthenticationService';
    const started = await call(`${service}/PreAuthenticate`, request, attempt);
    const id = started.connector_transaction_id;
    expect(started).toEqual({
      merchant_order_id: 'order_1',
      connector_transaction_id: expect.stringMatching(/^auth_[0-9a-f]+$/),
      status: 'AUTHENTICATION_PENDING',
      status_code: 200,
    });
    for (const step of ['Authenticate', 'PostAuthenticate'])
      expect(await call(`${service}/${step}`, request, attempt)).toEqual({
        merchant_order_id: 'order_1',
        connector_transaction_id: id,
        status: 'AUTHENTICATION_SUCCESSFUL',
        status_code: 200,
        authentication_data: {
          eci: '05',
          cavv: 'AAABBBCCC',
          trans_status: 'TRANSACTION_STATUS_SUCCESS',
          message_version: '2.2.0',
          ds_transaction_id: id,
        },
      });
  });

  it('creates orders, checks redirects and calculates surcharges', async () => {
    expect(
      await call('PaymentService/CreateOrder', { merchant_order_id: 'o_1', amount: money(100) }, next()),
    ).toEqual({
      merchant_order_id: 'o_1',
      connector_order_id: expect.stringMatching(/^order_[0-9a-f]+$/),
      status_code: 200, // no status: Hyperswitch keeps the one it has
    });
    expect(
      await call('PaymentService/VerifyRedirectResponse', {
        merchant_order_id: 'o_1',
        request_details: { method: 'HTTP_METHOD_GET', uri: '/return', headers: {}, body: '' },
      }),
    ).toMatchObject({ source_verified: true, merchant_order_id: 'o_1', connector_transaction_id: 'o_1' });
    expect(
      await call('SurchargeService/Calculate', { merchant_surcharge_id: 's_1', amount: money(1_250) }),
    ).toEqual({
      merchant_surcharge_id: 's_1',
      connector_surcharge_id: expect.stringMatching(/^surcharge_[0-9a-f]+$/),
      surcharge_amount: money(13),
      surcharge_percentage: 1,
      status_code: 200,
    });
  });

  it('prepares, creates, fulfills and cancels payouts', async () => {
    const payout = async (method: string, id: string, payoutId?: string) => {
      const request: JsonObject =
        method === 'Stage'
          ? { merchant_quote_id: id, amount: money(500) }
          : { merchant_payout_id: id, ...(payoutId !== undefined && { connector_payout_id: payoutId }) };
      return call(`PayoutService/${method}`, request, id, {
        'x-connector': undefined,
        'x-payout-connector': 'imerchantsolutions',
      });
    };
    const PO_ID = expect.stringMatching(/^po_[0-9a-f]+$/);
    for (const step of ['CreateLink', 'CreateRecipient', 'EnrollDisburseAccount', 'Eligibility']) {
      const id = next('payout');
      expect(await payout(step, id), step).toEqual({
        merchant_payout_id: id,
        connector_payout_id: PO_ID,
        payout_status: expect.stringMatching(/^REQUIRES_/),
        status_code: 200,
      });
    }
    expect(await payout('Stage', next('payout'))).toEqual({
      connector_payout_id: PO_ID,
      payout_status: 'REQUIRES_CREATION',
      status_code: 200,
    });
    const [sent, dropped] = [next('payout'), next('payout')];
    const created = await payout('Create', sent);
    const id = String(created.connector_payout_id);
    const answer = (payout_status: string) => ({
      merchant_payout_id: sent,
      connector_payout_id: id,
      payout_status,
      status_code: 200,
    });
    expect(created).toEqual(answer('REQUIRES_FULFILLMENT'));
    expect(await payout('Get', sent, id)).toEqual(answer('REQUIRES_FULFILLMENT'));
    expect(await payout('Transfer', sent, id)).toEqual(answer('SUCCESS'));
    expect(await payout('Get', sent, id)).toEqual(answer('SUCCESS'));
    expect(await payout('Void', sent, id)).toEqual({
      merchant_payout_id: sent,
      connector_payout_id: id,
      payout_status: 'SUCCESS', // and no error, by which Hyperswitch would call it failed
      status_code: 400,
    });
    const second = String((await payout('Create', dropped)).connector_payout_id);
    expect(await payout('Void', dropped, second)).toMatchObject({ payout_status: 'CANCELLED' });
  });

  it('challenges and accepts disputes', async () => {
    const challenged = next('dispute');
    const ask = (id: string) =>
      call('DisputeService/Get', { merchant_dispute_id: id, dispute_id: id, connector_dispute_id: id });
    const act = (method: string, id: string) =>
      call(
        `DisputeService/${method}`,
        { merchant_dispute_id: id, connector_transaction_id: 'pay_1', dispute_id: id },
        next(),
      );
    expect(await ask(challenged)).toEqual({
      merchant_dispute_id: challenged,
      connector_dispute_id: challenged,
      dispute_status: 'DISPUTE_OPENED',
      status_code: 200,
    });
    for (const [method, dispute_status] of [
      ['SubmitEvidence', 'DISPUTE_CHALLENGED'],
      ['Defend', 'DISPUTE_CHALLENGED'],
      ['Accept', 'DISPUTE_ACCEPTED'],
    ] as const)
      expect(await act(method, challenged), method).toEqual({
        merchant_dispute_id: challenged,
        dispute_id: challenged,
        dispute_status,
        status_code: 200,
      });
    expect(await act('Defend', challenged)).toMatchObject(
      refused('dispute_closed', `Dispute ${challenged} was accepted`),
    );
  });

  it('keeps payment methods and recharges them once per call', async () => {
    const service = 'PaymentMethodService';
    const created = await call(`${service}/Create`, { merchant_payment_method_id: 'gift_1' });
    const id = String(created.connector_payment_method_id);
    expect(created).toEqual({
      merchant_payment_method_id: 'gift_1',
      connector_payment_method_id: expect.stringMatching(/^pm_[0-9a-f]+$/),
      status_code: 200,
    });
    expect(await call(`${service}/Get`, { connector_payment_method_id: id })).toMatchObject({
      connector_payment_method_id: id,
      status_code: 200,
    });
    expect(await call(`${service}/Get`, { connector_payment_method_id: 'pm_none' })).toMatchObject(
      refused('resource_missing', 'There is no payment method pm_none'),
    );
    const request = {
      merchant_payment_method_id: 'gift_1',
      connector_payment_method_id: id,
      merchant_recharge_id: 'recharge_1',
      amount: money(5_000),
    };
    expect(await call(`${service}/Recharge`, request, next())).toMatchObject({
      merchant_recharge_id: 'recharge_1',
      connector_recharge_id: expect.stringMatching(/^recharge_[0-9a-f]+$/),
      status: 'RECHARGE_SUCCESS',
      status_code: 200,
    });
    expect(await call(`${service}/Eligibility`, { amount: money(100) })).toEqual({
      eligibility: 'ELIGIBLE',
      status_code: 200,
    });
  });

  it('asks the fraud service before and after', async () => {
    for (const method of ['PreRiskCheck', 'PostRiskCheck'])
      expect(
        await call(
          `FraudAndRiskManagementService/${method}`,
          { amount: money(100), merchant_transaction_id: next() },
          next(),
        ),
        method,
      ).toEqual({
        frm_transaction_id: expect.stringMatching(/^frm_[0-9a-f]+$/),
        frm_decision: 'APPROVE',
        risk_score: 1,
        reason: 'sandbox',
        status_code: 200,
      });
  });

  it('says what a webhook is about, and whether it is genuine', async () => {
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
    expect(
      await call('EventService/ParseEvent', { request_details: details(genuine) }, undefined, {
        'x-auth': 'NoKey',
      }),
    ).toEqual({
      event_type: 'PAYMENT_INTENT_SUCCESS',
      reference: { payment: { connector_transaction_id: 'pay_1', merchant_transaction_id: 'att_1' } },
    });
    const handle = (signature: string, text?: string) =>
      call('EventService/HandleEvent', {
        merchant_event_id: 'evt_1',
        request_details: details(signature, text),
        webhook_secrets: { secret: 'whsec' },
      });
    expect(await handle(genuine)).toEqual({
      merchant_event_id: 'evt_1',
      event_type: 'PAYMENT_INTENT_SUCCESS',
      source_verified: true,
      event_content: {
        payments_response: {
          connector_transaction_id: 'pay_1',
          merchant_transaction_id: 'att_1',
          status: 'CHARGED',
          status_code: 200,
        },
      },
    });
    expect((await handle(signSandboxWebhook(body, 'guessed'))).source_verified ?? false).toBe(false);
    expect((await handle(genuine, body.replace('att_1', 'att_2'))).source_verified ?? false).toBe(false);
    expect(await handle(genuine, 'not JSON')).not.toHaveProperty('event_content');
  });

  it('tells the processor of an event', async () => {
    expect(await call('EventService/NotifyConnector', { event_id: 'evt_1' })).toEqual({ status_code: 200 });
  });

  it('refuses the composite services by name', async () => {
    await expect(stack.call('CompositePaymentService/Get', {}, 'att')).rejects.toMatchObject({
      code: grpcStatus.UNIMPLEMENTED,
    });
  });

  it('was never answered less than the sandbox said', () => {
    expect(stack.warnings).toEqual([]);
  });

  it('was driven through every method that is served', () => {
    const served = [
      ...UCS_METHODS.map(({ service, method }) => `${service}/${method}`).filter(operationOfMethod),
      ...OPERATIONS.flatMap(({ aliases }) => aliases ?? []),
    ];
    expect([...driven].sort()).toEqual(served.sort());
  });
});
