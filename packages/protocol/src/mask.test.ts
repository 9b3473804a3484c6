import { describe, expect, it } from 'vitest';
import { maskAnswer, maskPatch, maskRequest } from './mask.js';

const CARD = { card_number: '4242424242424242', card_cvc: '737', card_exp_month: '12' };
const payment = (card: object, changes = {}) => ({
  amount: { minor_amount: 1_250, currency: 'EUR' },
  payment_method: { card },
  merchant_transaction_id: 'att_1',
  ...changes,
});

describe('a request as people see it', () => {
  it('has its amounts, ids and enumerations, and of a card the last four digits', () => {
    const router_data = { request: payment(CARD, { capture_method: 'MANUAL', test_mode: true }) };
    expect(maskRequest({ operation: 'authorize', timestamp: 1_767_225_600, router_data })).toMatchObject({
      operation: 'authorize',
      timestamp: 1_767_225_600,
      router_data: {
        request: {
          amount: { minor_amount: 1_250, currency: 'EUR' },
          merchant_transaction_id: 'att_1',
          capture_method: 'MANUAL',
          test_mode: true,
          payment_method: {
            card: { card_number: '***4242', card_cvc: '***', card_exp_month: '***' },
          },
        },
      },
    });
  });

  it('has no secret that somebody wrote as a number or as a truth value', () => {
    const card = { card_number: 4_242_424_242_424_242, card_cvc: 737, card_exp_month: true };
    expect(maskPatch('authorize', payment(card, { merchant_transaction_id: 737 }))).toMatchObject({
      amount: { minor_amount: 1_250 },
      merchant_transaction_id: '***',
      payment_method: { card: { card_number: '***', card_cvc: '***', card_exp_month: '***' } },
    });
  });

  it('has no text where the schema has a number, a truth value or an enumeration', () => {
    const wrong = {
      amount: { minor_amount: '4242424242424242', currency: 4_242_424_242_424_242 },
      capture_method: '4242424242424242',
      test_mode: '737',
    };
    expect(maskPatch('authorize', wrong)).toEqual({
      amount: { minor_amount: '***', currency: '***' },
      capture_method: '***',
      test_mode: '***',
    });
  });

  it('keeps the number of an enumeration value that a later version has', () => {
    expect(maskPatch('authorize', { capture_method: 97 })).toEqual({ capture_method: 97 });
  });
});

it('keeps ids of many digits: that they could be of a card is a chance of one in ten', () => {
  const ids = { payment_id: '4242424242424242', attempt_id: '2026113000011', request_id: '4d4242-e3b356' };
  expect(maskRequest({ operation: 'authorize', ...ids, transaction_id: '1' })).toMatchObject(ids);
  expect(maskAnswer({ transaction_id: '8835511210681324', amount_captured: 123_456_789_012 })).toEqual({
    transaction_id: '8835511210681324',
    amount_captured: 123_456_789_012,
  });
});

describe('an answer as people see it', () => {
  it('has no card number, as text or as a number', () => {
    const answer = {
      status: 'failure',
      error: { code: 4_242_424_242_424_242, message: 'no 4242424242424242' },
    };
    expect(maskAnswer(answer)).toEqual({ status: 'failure', error: { code: '***', message: 'no ***' } });
  });
});
