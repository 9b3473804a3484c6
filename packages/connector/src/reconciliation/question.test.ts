import type { BridgeRequest, Operation, RouterData } from '@nats-bridge/protocol';
import { describe, expect, it } from 'vitest';
import { dataOfQuestion } from './question.js';

const card = { card: { card_number: '4242424242424242', card_cvc: '123' } };
const amount = { minor_amount: 1_250, currency: 'EUR' };

function requestOf(operation: Operation, request: object, more: Partial<RouterData> = {}): BridgeRequest {
  const router_data: RouterData = {
    merchant_id: 'm',
    payment_id: 'pay_1',
    attempt_id: 'att_1',
    connector: 'stripe',
    connector_auth_type: { auth_type: 'HeaderKey', api_key: 'key' },
    payment_method: 'card',
    request: request as RouterData['request'],
    test_mode: true,
    ...more,
  };
  return {
    operation,
    merchant_id: 'm',
    payment_id: 'pay_1',
    router_data,
    metadata: {},
    correlation_id: 'c',
    timestamp: 0,
  };
}

const authorize = requestOf('authorize', {
  merchant_transaction_id: 'att_1',
  amount,
  capture_method: 'MANUAL',
  payment_method: card,
  webhook_url: 'https://hyperswitch.example',
  metadata: '{"a":1}',
  state: { access_token: { token: 'old' } },
});
const nothing = { key: 'authorize:att_1', id: undefined, answer: undefined };

describe('the question', () => {
  it('asks with what both messages have, and never with the payment method', () => {
    const { payment_method, request, connector_auth_type } = dataOfQuestion('sync', [authorize], nothing);
    expect(request).toEqual({
      merchant_transaction_id: 'att_1',
      amount,
      capture_method: 'MANUAL',
      metadata: '{"a":1}',
      state: { access_token: { token: 'old' } },
      connector_transaction_id: 'bridge:authorize:att_1',
    });
    expect(payment_method).toBeUndefined();
    expect(connector_auth_type).toEqual({ auth_type: 'HeaderKey', api_key: 'key' });
  });

  it("asks by the processor's id and with what it wants back, where they are recorded", () => {
    const answer = { status: 'success', transaction_id: 'pi_1', connector_metadata: { a: 1 } } as const;
    const { request } = dataOfQuestion('sync', [authorize], { ...nothing, id: 'pi_1', answer });
    expect(request).toMatchObject({ connector_transaction_id: 'pi_1', connector_feature_data: '{"a":1}' });
  });

  it('asks with the newest credentials, and still with what only the first request had', () => {
    const capture = requestOf(
      'capture',
      {
        connector_transaction_id: 'pi_1',
        amount_to_capture: { minor_amount: 700, currency: 'EUR' },
        state: {},
      },
      { connector_auth_type: { auth_type: 'HeaderKey', api_key: 'new' } },
    );
    const { request, connector_auth_type } = dataOfQuestion('sync', [authorize, capture], nothing);
    expect(connector_auth_type.api_key).toBe('new');
    expect(request).toMatchObject({
      connector_transaction_id: 'pi_1',
      capture_method: 'MANUAL',
      amount,
      state: {},
    });
    expect(dataOfQuestion('sync', [capture], nothing).request.amount).toEqual({
      minor_amount: 700,
      currency: 'EUR',
    });
  });

  it('asks about a refund by its own id in both fields, or by the alias of its key', () => {
    const refund = requestOf('refund', {
      merchant_refund_id: 'ref_1',
      connector_transaction_id: 'pi_1',
      payment_amount: 1_250,
      refund_amount: amount,
      payment_method: card,
    });
    const asked = { key: 'refund:ref_1', id: undefined, answer: undefined };
    expect(dataOfQuestion('refund_sync', [refund], asked).request).toEqual({
      merchant_refund_id: 'ref_1',
      connector_transaction_id: 'pi_1',
      refund_amount: amount,
      connector_refund_id: 'bridge:refund:ref_1',
      refund_id: 'bridge:refund:ref_1',
    });
    expect(dataOfQuestion('refund_sync', [refund], { ...asked, id: 're_1' }).request).toMatchObject({
      connector_refund_id: 're_1',
      refund_id: 're_1',
    });
  });
});
