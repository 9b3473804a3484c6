import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ScriptedStripe, startScriptedStripe } from '../testing/scripted-stripe.js';
import { card, intent, money, paymentMethod, searchResult, stripeError } from '../testing/stripe-objects.js';

const CREATE = 'POST /v1/payment_intents';
const SEARCH = 'GET /v1/payment_intents/search';
const REQUEST = { amount: money(1_250), payment_method: card, capture_method: 'AUTOMATIC' };

let stripe: ScriptedStripe;
beforeAll(async () => {
  stripe = await startScriptedStripe();
});
afterAll(() => stripe.close());

const answering = (body: object) => {
  stripe.script({
    'POST /v1/payment_methods': { body: paymentMethod },
    'POST /v1/customers': { body: { id: 'cus_1', object: 'customer' } },
    [CREATE]: { body },
  });
};
const formOf = (call: string) => stripe.sent.find((one) => one.call === call)?.form;

describe('authorize at Stripe', () => {
  it('sends the payment and what belongs to it', async () => {
    answering(intent());
    await stripe.run(
      'authorize',
      {
        ...REQUEST,
        description: 'Two tickets',
        return_url: 'https://shop.example/back',
        billing_descriptor: { statement_descriptor_suffix: 'TICKETS' },
        customer: { connector_customer_id: 'cus_9' },
        address: {
          billing_address: {
            first_name: 'Jo',
            last_name: 'Doe',
            zip_code: '10115',
            country_alpha2_code: 'DE',
          },
          shipping_address: { first_name: 'Al', line1: 'Street 1' },
        },
      },
      { metadata: { order: 'o_1', nested: { not: 'text' }, 'odd[name]': 'x' } },
    );
    expect(formOf('POST /v1/payment_methods')).toEqual({
      type: 'card',
      'card[number]': '4242424242424242',
      'card[exp_month]': '12',
      'card[exp_year]': '2030',
      'card[cvc]': '123',
      'billing_details[name]': 'Jo Doe',
      'billing_details[address][postal_code]': '10115',
      'billing_details[address][country]': 'DE',
    });
    expect(formOf(CREATE)).toEqual({
      amount: '1250',
      currency: 'eur',
      confirm: 'true',
      capture_method: 'automatic',
      payment_method: 'pm_1',
      'allowed_payment_method_types[0]': 'card',
      'expand[0]': 'latest_charge',
      customer: 'cus_9',
      description: 'Two tickets',
      statement_descriptor_suffix: 'TICKETS',
      return_url: 'https://shop.example/back',
      'shipping[name]': 'Al',
      'shipping[address][line1]': 'Street 1',
      'metadata[order]': 'o_1',
      'metadata[merchant_id]': 'm_1',
      'metadata[payment_id]': 'pay_1',
      'metadata[attempt_id]': 'att_1',
      'metadata[idempotency_key]': 'm_1:authorize:att_1',
    });
  });

  it('hands metadata that is no JSON on as one value', async () => {
    answering(intent());
    await stripe.run('authorize', REQUEST, { metadata: 'order 7' });
    const named = Object.entries(formOf(CREATE) ?? {}).filter(([name]) => name.startsWith('metadata['));
    expect(Object.fromEntries(named)).toEqual({
      'metadata[metadata]': 'order 7',
      'metadata[merchant_id]': 'm_1',
      'metadata[payment_id]': 'pay_1',
      'metadata[attempt_id]': 'att_1',
      'metadata[idempotency_key]': 'm_1:authorize:att_1',
    });
  });

  it.each([
    ['JPY', 500, { amount: '500', currency: 'jpy' }, 500],
    ['KWD', 12_340, { amount: '12340', currency: 'kwd' }, 12_340],
    ['UGX', 500, { amount: '50000', currency: 'ugx' }, 500],
  ])('takes %s in its own minor unit and says it so', async (currency, minorAmount, sent, captured) => {
    const amount = Number(sent.amount);
    answering(intent({ amount, amount_received: amount, currency: sent.currency }));
    const response = await stripe.run('authorize', { ...REQUEST, amount: money(minorAmount, currency) });
    expect(formOf(CREATE)).toMatchObject(sent);
    expect(response).toMatchObject({ attempt_status: 'CHARGED', amount_captured: captured });
  });

  it.each([
    ['is a day old', { ageHours: 24 }],
    ['is new and a later attempt, of which the first may be days ago', { attempt: 2 }],
  ])('looks for the payment before it sends anything, where the request %s', async (_what, changes) => {
    stripe.script({
      'POST /v1/payment_methods': { body: paymentMethod },
      [SEARCH]: [{ body: searchResult(intent()) }, { body: searchResult() }],
      [CREATE]: { body: intent({ id: 'pi_2' }) },
    });
    const again = () => stripe.run('authorize', REQUEST, changes);
    expect(await again()).toMatchObject({ status: 'success', transaction_id: 'pi_1' });
    expect(stripe.sent.map(({ call }) => call)).toEqual([SEARCH]);
    expect(stripe.sent[0]?.query.get('query')).toBe('metadata["idempotency_key"]:"m_1:authorize:att_1"');
    expect(await again()).toMatchObject({ status: 'success', transaction_id: 'pi_2' });
  });

  it('does not look for what is surely the first', async () => {
    answering(intent());
    await stripe.run('authorize', REQUEST);
    expect(stripe.sent.map(({ call }) => call)).not.toContain(SEARCH);
  });

  it('sends no amount that Stripe would have to round', async () => {
    answering(intent());
    expect(await stripe.run('authorize', { ...REQUEST, amount: money(12_345, 'KWD') })).toMatchObject({
      status: 'failure',
      error: { code: 'invalid_amount' },
    });
    expect(formOf(CREATE)).toBeUndefined();
  });

  it('asks for 3-D Secure, several captures and later increments', async () => {
    answering(intent({ status: 'requires_capture', amount_received: 0 }));
    const response = await stripe.run('authorize', {
      ...REQUEST,
      capture_method: 'MANUAL_MULTIPLE',
      auth_type: 'THREE_DS',
      request_incremental_authorization: true,
    });
    expect(response).toMatchObject({ status: 'success', attempt_status: 'AUTHORIZED' });
    expect(formOf(CREATE)).toMatchObject({
      capture_method: 'manual',
      'payment_method_options[card][request_three_d_secure]': 'any',
      'payment_method_options[card][request_multicapture]': 'if_available',
      'payment_method_options[card][request_incremental_authorization]': 'if_available',
    });
  });

  it('hands over 3-D Secure that was done elsewhere', async () => {
    answering(intent());
    await stripe.run('authorize', {
      ...REQUEST,
      authentication_data: { eci: '05', cavv: 'AAAB', ds_transaction_id: 'ds_1', message_version: '2.1.0' },
    });
    const path = 'payment_method_options[card][three_d_secure]';
    expect(formOf(CREATE)).toMatchObject({
      [`${path}[cryptogram]`]: 'AAAB',
      [`${path}[transaction_id]`]: 'ds_1',
      [`${path}[version]`]: '2.1.0',
      [`${path}[electronic_commerce_indicator]`]: '05',
    });
  });

  it("sends the customer to the bank's page", async () => {
    answering(
      intent({
        status: 'requires_action',
        amount_received: 0,
        next_action: {
          type: 'redirect_to_url',
          redirect_to_url: {
            url: 'https://hooks.stripe.com/3ds?client_secret=cs_1&source=src_1',
            return_url: 'x',
          },
        },
      }),
    );
    const response = await stripe.run('authorize', REQUEST);
    expect(response).toMatchObject({
      status: 'processing',
      transaction_id: 'pi_1',
      attempt_status: 'AUTHENTICATION_PENDING',
      connector_metadata: { payment_intent: 'pi_1' },
      redirection: {
        form: {
          endpoint: 'https://hooks.stripe.com/3ds',
          method: 'HTTP_METHOD_GET',
          form_fields: { client_secret: 'cs_1', source: 'src_1' },
        },
      },
    });
    expect(JSON.stringify(response.connector_response)).not.toMatch(/cs_1|_secret_/);
  });

  it('completes by what the browser brought back, and confirms where Stripe waits for it', async () => {
    const waiting = intent({ status: 'requires_confirmation', amount_received: 0 });
    stripe.script({
      'GET /v1/payment_intents/pi_1': { body: waiting },
      'POST /v1/payment_intents/pi_1/confirm': { body: intent() },
    });
    const back = { redirection_response: { params: '?payment_intent=pi_1', payload: {} } };
    const key = 'authorize:att_1:complete';
    expect(await stripe.run('authorize', { ...REQUEST, ...back }, { key })).toMatchObject({
      status: 'success',
      attempt_status: 'CHARGED',
    });
    expect(stripe.sent[1]?.headers['idempotency-key']).toBe(`m_1:${key}`);
  });

  it.each([401, 403, 404])(
    'is pending when Stripe answers %i to who looks what the customer has paid',
    async (status) => {
      stripe.script({ 'GET /v1/payment_intents/pi_1': stripeError(status, {}) });
      const back = { redirection_response: { params: '?payment_intent=pi_1', payload: {} } };
      expect(await stripe.run('authorize', { ...REQUEST, ...back })).toMatchObject({ status: 'processing' });
    },
  );

  it('is pending when nobody names the payment that the customer comes back for, and the search is behind', async () => {
    stripe.script({ [SEARCH]: [{ body: searchResult() }, { body: searchResult(intent()) }] });
    const back = () =>
      stripe.run('authorize', { ...REQUEST, redirection_response: { params: '', payload: {} } });
    expect(await back()).toEqual({ status: 'processing', attempt_status: 'PENDING' });
    expect(await back()).toMatchObject({ status: 'success', attempt_status: 'CHARGED' });
  });

  it.each([
    [{ attempt_id: 'att_2', merchant_id: 'm_1' }],
    [{ attempt_id: 'att_1', merchant_id: 'm_2' }],
    [{}],
  ])('completes no payment that is not of this attempt: %j', async (metadata) => {
    stripe.script({ 'GET /v1/payment_intents/pi_1': { body: intent({ metadata }) } });
    const back = { redirection_response: { params: '', payload: { payment_intent: 'pi_1' } } };
    expect(await stripe.run('authorize', { ...REQUEST, ...back })).toMatchObject({
      status: 'failure',
      error: { code: 'resource_missing' },
    });
  });

  it('says a decline with the codes of the bank, the network and Stripe’s advice', async () => {
    stripe.script({
      'POST /v1/payment_methods': { body: paymentMethod },
      [CREATE]: stripeError(402, {
        type: 'card_error',
        code: 'card_declined',
        decline_code: 'insufficient_funds',
        advice_code: 'try_again_later',
        network_decline_code: '51',
        network_advice_code: '02',
        message: 'Your card has insufficient funds.',
        payment_intent: intent({ status: 'requires_payment_method', amount_received: 0 }),
      }),
    });
    const response = await stripe.run('authorize', REQUEST);
    expect(response).toMatchObject({
      status: 'failure',
      transaction_id: 'pi_1',
      error: {
        code: 'card_declined',
        message: 'Your card has insufficient funds.',
        reason: 'Your card has insufficient funds. (decline code insufficient_funds, advice try_again_later)',
        network_decline_code: '51',
        network_advice_code: '02',
        network_error_message: 'insufficient_funds',
      },
    });
    expect(JSON.stringify(response)).not.toContain('_secret_');
  });

  it('keeps the payment method for later charges', async () => {
    answering(intent({ customer: 'cus_1', setup_future_usage: 'off_session' }));
    const response = await stripe.run('authorize', {
      ...REQUEST,
      setup_future_usage: 'OFF_SESSION',
      customer: { name: 'Jo Doe', id: 'c_7' },
    });
    expect(formOf('POST /v1/customers')).toMatchObject({
      name: 'Jo Doe',
      'metadata[merchant_customer_id]': 'c_7',
    });
    expect(formOf(CREATE)).toMatchObject({ customer: 'cus_1', setup_future_usage: 'off_session' });
    expect(response).toMatchObject({
      status: 'success',
      mandate_reference: {
        connector_mandate_id: { connector_mandate_id: 'pm_1', payment_method_id: 'pm_1' },
      },
      response: { state: { connector_customer_id: 'cus_1' } },
    });
  });

  it('knows the network’s id of the transaction', async () => {
    const details = { type: 'card', card: { network_transaction_id: 'ntid_1' } };
    answering(intent({ latest_charge: { id: 'ch_1', object: 'charge', payment_method_details: details } }));
    expect(await stripe.run('authorize', REQUEST)).toMatchObject({ network_transaction_id: 'ntid_1' });
  });

  it.each([
    ['ideal', 'ideal'],
    ['bancontact_card', 'bancontact'],
    ['eps', 'eps'],
    ['przelewy24', 'p24'],
    ['klarna', 'klarna'],
    ['affirm', 'affirm'],
    ['afterpay_clearpay', 'afterpay_clearpay'],
    ['alma', 'alma'],
    ['ali_pay_redirect', 'alipay'],
    ['amazon_pay_redirect', 'amazon_pay'],
    ['revolut_pay_redirect', 'revolut_pay'],
  ])('hands %s over as %s', async (name, type) => {
    stripe.script({
      'POST /v1/payment_methods': { body: { ...paymentMethod, type } },
      [CREATE]: { body: intent({ status: 'processing', amount_received: 0 }) },
    });
    const response = await stripe.run('authorize', { ...REQUEST, payment_method: { [name]: {} } });
    expect(response).toMatchObject({ status: 'processing', attempt_status: 'PENDING' });
    expect(formOf('POST /v1/payment_methods')).toMatchObject({ type });
    expect(formOf(CREATE)).toMatchObject({ 'allowed_payment_method_types[0]': type });
  });

  it('takes a SEPA debit with the mandate that the customer agreed to', async () => {
    stripe.script({
      'POST /v1/payment_methods': { body: { ...paymentMethod, type: 'sepa_debit' } },
      [CREATE]: { body: intent({ status: 'processing', amount_received: 0 }) },
    });
    await stripe.run('authorize', {
      ...REQUEST,
      payment_method: { sepa: { iban: 'DE89370400440532013000', bank_account_holder_name: 'Jo Doe' } },
      customer_acceptance: {
        acceptance_type: 'ONLINE',
        accepted_at: 1_767_225_600,
        online_mandate_details: { ip_address: '192.0.2.1', user_agent: 'Browser' },
      },
    });
    expect(formOf(CREATE)).toMatchObject({
      'mandate_data[customer_acceptance][type]': 'online',
      'mandate_data[customer_acceptance][accepted_at]': '1767225600',
      'mandate_data[customer_acceptance][online][ip_address]': '192.0.2.1',
    });
  });

  it.each([
    ['card_proxy', { card_proxy: card.card }],
    ['payment_method.card_proxy', { payment_method: { card_proxy: card.card } }],
    ['payment_method.card_with_no_cvc', { payment_method: { card_with_no_cvc: card.card } }],
  ])('finds the card in %s', async (_where, fields) => {
    answering(intent());
    await stripe.run('authorize', { amount: money(100), ...fields });
    expect(formOf('POST /v1/payment_methods')).toMatchObject({
      type: 'card',
      'card[number]': '4242424242424242',
    });
  });

  it("turns a token of Stripe's own page into a payment method", async () => {
    answering(intent());
    await stripe.run('authorize', { amount: money(100), connector_token: 'tok_1' });
    expect(formOf('POST /v1/payment_methods')).toEqual({ type: 'card', 'card[token]': 'tok_1' });
  });

  it('sends no payment method that it does not know', async () => {
    stripe.script({});
    expect(await stripe.run('authorize', { ...REQUEST, payment_method: { crypto: {} } })).toMatchObject({
      status: 'failure',
      error: { code: 'payment_method_not_supported' },
    });
    expect(stripe.sent).toHaveLength(0);
  });
});
