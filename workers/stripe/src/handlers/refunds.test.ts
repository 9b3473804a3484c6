import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ScriptedStripe, startScriptedStripe } from '../testing/scripted-stripe.js';
import { money, refund, stripeError } from '../testing/stripe-objects.js';

const CREATE = 'POST /v1/refunds';
const LIST = 'GET /v1/refunds';
const listOf = (...data: object[]) => ({ object: 'list', data, has_more: false });
const REQUEST = { connector_transaction_id: 'pi_1', refund_amount: money(400) };

let stripe: ScriptedStripe;
beforeAll(async () => {
  stripe = await startScriptedStripe();
});
afterAll(() => stripe.close());

describe('refunds at Stripe', () => {
  it('names the payment, the amount and the reason that Stripe knows', async () => {
    stripe.script({ [CREATE]: { body: refund() } });
    const request = { ...REQUEST, reason: 'REQUESTED_BY_CUSTOMER' };
    const changes = { key: 'refund:ref_1', refundId: 'ref_1' };
    expect(await stripe.run('refund', request, changes)).toMatchObject({
      status: 'success',
      transaction_id: 're_1',
      refund_status: 'REFUND_SUCCESS',
      response: { connector_transaction_id: 'pi_1', refund_amount: money(400) },
    });
    expect(stripe.sent[0]?.form).toMatchObject({
      payment_intent: 'pi_1',
      amount: '400',
      reason: 'requested_by_customer',
      'metadata[refund_id]': 'ref_1',
    });
    expect(stripe.sent[0]?.headers['idempotency-key']).toBe('m_1:refund:ref_1');
  });

  it.each([
    ['is a day old', { ageHours: 24 }],
    ['is new and a later attempt, of which the first may be days ago', { attempt: 2 }],
  ])('looks for the refund first, where the request %s', async (_what, changes) => {
    stripe.script({ [LIST]: { body: listOf(refund()) }, [CREATE]: { body: refund({ id: 're_2' }) } });
    const again = (refundId: string) => stripe.run('refund', REQUEST, { ...changes, refundId });
    expect(await again('ref_1')).toMatchObject({ status: 'success', transaction_id: 're_1' });
    expect(stripe.sent.map(({ call }) => call)).toEqual([LIST]);
    expect(await again('ref_2')).toMatchObject({ status: 'success', transaction_id: 're_2' });
  });

  it('looks by the attempt where a refund has no id of its own', async () => {
    const mine = { attempt_id: 'att_1', merchant_id: 'm_1' };
    const others = [
      { ...mine, attempt_id: 'att_2' },
      { ...mine, refund_id: 'ref_1' },
      { ...mine, merchant_id: 'm_2' },
    ];
    stripe.script({
      [LIST]: [others, [...others, mine]].map((all) => ({
        body: listOf(...all.map((metadata, nth) => refund({ id: `re_${nth}`, metadata }))),
      })),
      [CREATE]: { body: refund({ id: 're_new' }) },
    });
    const again = () => stripe.run('refund', REQUEST, { attempt: 2 });
    expect(await again()).toMatchObject({ transaction_id: 're_new' });
    expect(await again()).toMatchObject({ transaction_id: 're_3' });
  });

  it('never gives back more than was charged', async () => {
    const message = 'Refund amount (€13.00) is greater than unrefunded amount on charge (€12.50)';
    stripe.script({ [CREATE]: stripeError(400, { message }) });
    expect(await stripe.run('refund', REQUEST)).toMatchObject({ status: 'failure', error: { message } });
  });

  it.each([
    [{ status: 'pending' }, 'processing', 'REFUND_PENDING'],
    [{ status: 'requires_action' }, 'processing', 'REFUND_PENDING'],
    [{ status: 'canceled' }, 'failure', 'REFUND_FAILURE'],
    [{ status: 'failed', failure_reason: 'lost_or_stolen_card' }, 'failure', 'REFUND_FAILURE'],
  ])('says of a refund that is %j: %s, %s', async (changes, status, refund_status) => {
    stripe.script({ 'GET /v1/refunds/re_1': { body: refund(changes) } });
    expect(await stripe.run('refund_sync', { connector_refund_id: 're_1' })).toMatchObject({
      status,
      refund_status,
    });
  });

  it('changes nothing when a lost refund is not found among those of its payment', async () => {
    const other = refund({ metadata: { refund_id: 'ref_1', merchant_id: 'm_2' } });
    stripe.script({ [LIST]: { body: listOf(other) } });
    const question = { connector_transaction_id: 'pi_1', refund_id: 'bridge:refund:ref_1' };
    expect(await stripe.run('refund_sync', question, { refundId: 'ref_1' })).toEqual({
      status: 'processing',
      refund_status: 'REFUND_STATUS_UNSPECIFIED',
    });
  });

  it('takes a refund back that waits for the customer', async () => {
    stripe.script({ 'POST /v1/refunds/re_1/cancel': { body: refund({ status: 'canceled' }) } });
    const response = await stripe.run('void_refund', { connector_refund_id: 're_1' });
    expect(response).toMatchObject({ status: 'success', refund_status: 'REFUND_FAILURE' });
    expect(response).not.toHaveProperty('error');
  });
});
