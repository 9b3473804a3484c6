import { describe, expect, it } from 'vitest';
import { OPERATIONS, operationRow } from '../operation-catalogue.js';
import { UCS_METHODS, ucsFieldNames } from '../ucs/schema.js';
import { ucsMethodOf } from './ucs-request.js';

const nameOf = ({ service, method }: { service: string; method: string }) => `${service}/${method}`;

describe('the method a request came from', () => {
  it('is found for every method of the catalogue, by what only its request has', () => {
    for (const row of OPERATIONS)
      for (const name of row.methods) {
        const requestType = UCS_METHODS.find((entry) => nameOf(entry) === name)?.requestType ?? '';
        const request = Object.fromEntries([...ucsFieldNames(requestType)].map((field) => [field, 'x']));
        expect(nameOf(ucsMethodOf(row, request))).toBe(name);
      }
  });

  it('is the first that the operation has where nothing tells them apart', () => {
    expect(nameOf(ucsMethodOf(operationRow('authorize'), {}))).toBe('PaymentService/Authorize');
  });

  it('is not told by fields that no method has: they may come from a later contract', () => {
    const request = { card_proxy: {}, added_later: 1 };
    expect(nameOf(ucsMethodOf(operationRow('authorize'), request))).toBe('PaymentService/ProxyAuthorize');
  });

  it('is refused by field name where no one method has them all', () => {
    const request = { merchant_transaction_id: 'a', card_proxy: {}, connector_token: 'x' };
    expect(() => ucsMethodOf(operationRow('authorize'), request)).toThrow(
      'the request of authorize has fields of different methods (PaymentService/Authorize, PaymentService/TokenAuthorize, PaymentService/ProxyAuthorize): card_proxy, connector_token',
    );
  });
});
