import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ScriptedStripe, startScriptedStripe } from '../testing/scripted-stripe.js';
import { dispute } from '../testing/stripe-objects.js';

const UPDATE = 'POST /v1/disputes/du_1';

let stripe: ScriptedStripe;
beforeAll(async () => {
  stripe = await startScriptedStripe();
});
afterAll(() => stripe.close());

describe('disputes at Stripe', () => {
  it.each([
    ['needs_response', 'DISPUTE_OPENED'],
    ['under_review', 'DISPUTE_CHALLENGED'],
    ['won', 'DISPUTE_WON'],
    ['lost', 'DISPUTE_LOST'],
    ['warning_closed', 'DISPUTE_CANCELLED'],
    ['appeal_under_review', 'DISPUTE_CHALLENGED'],
  ])('that are %s are %s', async (status, attempt_status) => {
    stripe.script({ 'GET /v1/disputes/du_1': { body: dispute({ status }) } });
    expect(await stripe.run('dispute_sync', { connector_dispute_id: 'du_1' })).toMatchObject({
      status: 'success',
      transaction_id: 'du_1',
      attempt_status,
      response: { connector_transaction_id: 'pi_1', dispute_reason: 'fraudulent', due_date: 1_768_000_000 },
    });
  });

  it('are accepted by closing them', async () => {
    stripe.script({ 'POST /v1/disputes/du_1/close': { body: dispute({ status: 'lost' }) } });
    expect(await stripe.run('accept_dispute', { dispute_id: 'du_1' })).toMatchObject({
      status: 'success',
      attempt_status: 'DISPUTE_ACCEPTED',
    });
  });

  it('are given evidence, files uploaded first, and defended by sending it', async () => {
    stripe.script({
      'POST /v1/files': { body: { id: 'file_1', object: 'file' } },
      [UPDATE]: { body: dispute({ status: 'under_review' }) },
    });
    const evidence_documents = [
      {
        evidence_type: 'RECEIPT',
        file_content: Buffer.from('%PDF a receipt').toString('base64'),
        file_mime_type: 'application/pdf',
      },
      { evidence_type: 'REFUND_POLICY', text_content: 'No refunds after use' },
      { evidence_type: 'CUSTOMER_SIGNATURE', provider_file_id: 'file_before' },
    ];
    const submitted = await stripe.run('submit_evidence', { dispute_id: 'du_1', evidence_documents });
    expect(submitted).toMatchObject({
      status: 'success',
      response: { submitted_evidence_ids: ['file_1', 'file_before'] },
    });
    const [upload, update] = stripe.sent;
    expect(upload?.body).toContain('%PDF a receipt');
    expect(upload?.headers['idempotency-key']).toBe('m_1:submit_evidence:att_1:file_0');
    expect(update?.form).toEqual({
      'evidence[receipt]': 'file_1',
      'evidence[refund_policy_disclosure]': 'No refunds after use',
      'evidence[customer_signature]': 'file_before',
      submit: 'false',
    });
    expect(await stripe.run('defend_dispute', { dispute_id: 'du_1' })).toMatchObject({
      attempt_status: 'DISPUTE_CHALLENGED',
    });
    expect(stripe.sent.at(-1)?.form).toEqual({ submit: 'true' });
  });
});
