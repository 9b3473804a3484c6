/** Objects in the shapes of Stripe's API reference, with only what the worker reads. */

export const card = {
  card: {
    card_number: '4242424242424242',
    card_exp_month: '12',
    card_exp_year: '30',
    card_cvc: '123',
    card_holder_name: 'Jo Doe',
  },
};
export const money = (minor_amount: number, currency = 'EUR') => ({ minor_amount, currency });

export const paymentMethod = { id: 'pm_1', object: 'payment_method', type: 'card', customer: null };

export const intent = (changes: object = {}) => ({
  id: 'pi_1',
  object: 'payment_intent',
  amount: 1_250,
  amount_received: 1_250,
  currency: 'eur',
  status: 'succeeded',
  client_secret: 'pi_1_secret_abc',
  customer: null,
  payment_method: 'pm_1',
  setup_future_usage: null,
  last_payment_error: null,
  next_action: null,
  latest_charge: null,
  metadata: { attempt_id: 'att_1', merchant_id: 'm_1' },
  ...changes,
});

export const refund = (changes: object = {}) => ({
  id: 're_1',
  object: 'refund',
  amount: 400,
  currency: 'eur',
  status: 'succeeded',
  payment_intent: 'pi_1',
  charge: 'ch_1',
  metadata: { refund_id: 'ref_1', merchant_id: 'm_1' },
  ...changes,
});

export const searchResult = (...data: object[]) => ({ object: 'search_result', data, has_more: false });

export const dispute = (changes: object = {}) => ({
  id: 'du_1',
  object: 'dispute',
  amount: 1_250,
  currency: 'eur',
  status: 'needs_response',
  reason: 'fraudulent',
  created: 1_767_225_600,
  charge: 'ch_1',
  payment_intent: 'pi_1',
  evidence_details: { due_by: 1_768_000_000 },
  ...changes,
});

export const stripeError = (status: number, error: object, headers: Record<string, string> = {}) => ({
  status,
  headers,
  body: { error: { type: 'invalid_request_error', message: 'No.', ...error } },
});
