/** Which id an answer carries while the processor's is not known. */
import { type Operation, operationRow, type RouterData, shortHashOf } from '@nats-bridge/protocol';
import { expect, it } from 'vitest';
import { idInDoubt } from './id-in-doubt.js';

function dataOf(fields: Partial<RouterData> = {}): RouterData {
  return {
    merchant_id: 'm_1',
    payment_id: 'pay_1',
    attempt_id: 'att_1',
    connector: 'revolv3',
    connector_auth_type: { auth_type: 'NoKey' },
    request: {},
    test_mode: true,
    ...fields,
  };
}

it.each<[Operation, Partial<RouterData>, string | undefined]>([
  ['authorize', {}, 'bridge:authorize:att_1'],
  ['authorize', { attempt_id: 'a:b%' }, 'bridge:authorize:a%3Ab%25'],
  [
    'authorize',
    { request: { redirection_response: {} } },
    `bridge:authorize:att_1:complete:${shortHashOf({})}`,
  ],
  ['capture', { request_id: 'req_1' }, 'bridge:capture:att_1:req_1'],
  ['refund', { refund_id: 'ref_1' }, 'bridge:refund:ref_1'],
  ['payout_fulfill', { payout_id: 'po_1' }, 'bridge:payout_fulfill:po_1'],
  ['sync', {}, 'bridge:authorize:att_1'],
  ['sync', { attempt_id: '' }, undefined],
  ['refund_sync', { request: { connector_refund_id: 're_1', refund_id: 're_2' } }, 're_1'],
  ['refund_sync', { request: { connector_refund_id: '', refund_id: 're_2' } }, 're_2'],
  ['refund_sync', { refund_id: 'ref_1' }, 'bridge:refund:ref_1'],
  ['session', {}, undefined],
])('%s of %j is %s', (operation, fields, id) => {
  expect(idInDoubt(operationRow(operation), dataOf(fields))).toBe(id);
});
