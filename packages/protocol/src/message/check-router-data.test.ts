import { describe, expect, it } from 'vitest';
import { checkRouterData } from './check-router-data.js';

const DATA = {
  merchant_id: 'm',
  payment_id: 'pay_1',
  attempt_id: 'att_1',
  connector: 'adyen',
  connector_auth_type: { auth_type: 'HeaderKey', api_key: 'key' },
  request: { amount: { minor_amount: 1_250, currency: 'EUR' } },
  test_mode: true,
};
const withAmount = (amount: unknown) => ({ ...DATA, request: { amount } });

describe('the data of an operation', () => {
  it('may have amounts of 0 and of currencies without decimals, and other fields besides', () => {
    checkRouterData('authorize', DATA);
    checkRouterData('authorize', withAmount({ minor_amount: 0, currency: 'JPY' }));
    checkRouterData('authorize', { ...DATA, request: { ...DATA.request, own: 1 }, own: 2 });
    checkRouterData('void', { ...DATA, request: {} });
  });

  it.each([
    ['half a cent', { minor_amount: 12.5, currency: 'EUR' }],
    ['text', { minor_amount: '1250', currency: 'EUR' }],
    ['less than nothing', { minor_amount: -1, currency: 'EUR' }],
    ['more than can be counted', { minor_amount: 2 ** 53, currency: 'EUR' }],
    ['a currency in small letters', { minor_amount: 1, currency: 'eur' }],
    ['a currency that there is not', { minor_amount: 1, currency: 'ZZZ' }],
    ['no currency', { minor_amount: 1 }],
    ['a bare number', 1_250],
    ['nothing', undefined],
  ])('has no amount of %s', (_, amount) => {
    expect(() => checkRouterData('authorize', withAmount(amount))).toThrow(
      'request.amount must be { minor_amount, currency }',
    );
  });

  it('is looked at under the name that the operation has for its amount', () => {
    const request = { amount_to_capture: { minor_amount: 1.5, currency: 'EUR' } };
    expect(() => checkRouterData('capture', { ...DATA, request })).toThrow('request.amount_to_capture');
  });

  it.each(['merchant_id', 'payment_id', 'attempt_id', 'connector', 'connector_auth_type', 'request'])(
    'names %s where that is missing',
    (name) => {
      expect(() => checkRouterData('authorize', { ...DATA, [name]: undefined })).toThrow(
        new RegExp(`not the data of authorize: .*${name}`),
      );
    },
  );

  it('is an object', () => {
    expect(() => checkRouterData('authorize', undefined)).toThrow('not the data of authorize');
  });
});
