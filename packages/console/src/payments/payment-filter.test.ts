/** The filter of payments: to and from the address, and live changes in the list. */
import { describe, expect, it } from 'vitest';
import type { PaymentRow } from '../api/types.js';
import { addressOf, filterOfAddress, isNarrowed, mergeRows, rowKey } from './payment-filter.js';

const row = (key: string, state: PaymentRow['state']): PaymentRow => ({
  merchant_id: 'm/1',
  payment_id: 'pay 1',
  idempotency_key: key,
  operation: 'authorize',
  state,
  at: '2026-11-24T13:00:00.000Z',
  attempts: 1,
});

describe('filter', () => {
  it('is what the address says, and nothing else', () => {
    expect(filterOfAddress(new URLSearchParams('q=pay_1&state=&token=x&sort=oldest'))).toEqual({
      q: 'pay_1',
      sort: 'oldest',
    });
  });
  it('an order does not narrow', () => {
    expect(isNarrowed({ sort: 'oldest' })).toBe(false);
    expect(isNarrowed({ sort: 'oldest', merchant: 'm' })).toBe(true);
  });
});

it('ids cannot leave their part of the address', () => {
  expect(addressOf(row('a', 'sent'))).toBe('/payments/m%2F1/pay%201');
});

describe('live changes', () => {
  it('change the rows that are there, and add none', () => {
    const rows = [row('a', 'sent'), row('b', 'sent')];
    const changed = new Map([row('b', 'answered'), row('c', 'sent')].map((one) => [rowKey(one), one]));
    expect(mergeRows(rows, changed).map(({ state }) => state)).toEqual(['sent', 'answered']);
  });
  it('leave what was asked for, of which they say nothing', () => {
    const asked = { connector: 'adyen', amount: { minor_amount: 1_250, currency: 'EUR' } };
    const rows = [{ ...row('a', 'sent'), ...asked }];
    const [merged] = mergeRows(rows, new Map([[rowKey(row('a', 'sent')), row('a', 'answered')]]));
    expect(merged).toEqual({ ...row('a', 'answered'), ...asked });
  });
  it('leave the list itself alone when they are about others', () => {
    const rows = [row('a', 'sent')];
    expect(mergeRows(rows, new Map([[rowKey(row('z', 'sent')), row('z', 'sent')]]))).toBe(rows);
  });
});
