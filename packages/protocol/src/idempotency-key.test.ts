import { describe, expect, it } from 'vitest';
import { aliasOf, idempotencyKey, isKeyOfTenant, keyBeforeReturn, keyOfAlias } from './idempotency-key.js';
import type { RouterData } from './message/router-data.js';

const data: RouterData = {
  merchant_id: 'm',
  payment_id: 'pay_1',
  attempt_id: 'att_1',
  connector: 'c',
  connector_auth_type: { auth_type: 'NoKey' },
  request: {},
  test_mode: true,
};

describe('idempotency keys', () => {
  it('are the attempt for an authorize', () => {
    expect(idempotencyKey('authorize', data)).toBe('authorize:att_1');
  });

  it('are one for each return from a redirect, and the same when the browser repeats it', () => {
    const keyOf = (payload: object) =>
      idempotencyKey('authorize', { ...data, request: { redirection_response: { params: '', payload } } });
    const device = keyOf({ session: 's', device: 'd' });
    expect(device).toMatch(/^authorize:att_1:complete:[\w-]{16}$/);
    expect(keyOf({ device: 'd', session: 's' })).toBe(device);
    expect(keyOf({ session: 's', cres: 'c' })).not.toBe(device);
  });

  it('lead from a return to what sent the customer away', () => {
    const back = (operation: 'authorize' | 'setup_mandate') =>
      idempotencyKey(operation, { ...data, attempt_id: 'a:1', request: { redirection_response: {} } }) ?? '';
    expect(keyBeforeReturn(back('authorize'))).toBe('authorize:a%3A1');
    expect(keyBeforeReturn(back('setup_mandate'))).toBe('setup_mandate:a%3A1');
    for (const key of [
      'authorize:att_1',
      'authorize:complete',
      'capture:att_1:complete',
      '',
      'x:y:complete:z',
    ])
      expect(keyBeforeReturn(key)).toBeUndefined();
  });

  it('tell partial captures of one attempt apart, by reference or by API call', () => {
    const multiple = { multiple_capture_data: { capture_reference: 'ref_2' } };
    expect(idempotencyKey('capture', { ...data, request: multiple, request_id: 'r' })).toBe(
      'capture:att_1:ref_2',
    );
    expect(idempotencyKey('capture', { ...data, request_id: 'r1' })).toBe('capture:att_1:r1');
    const once = { capture_method: 'MANUAL' };
    expect(idempotencyKey('capture', { ...data, request: once, request_id: 'r1' })).toBe('capture:att_1');
  });

  it('are the refund for a refund', () => {
    expect(idempotencyKey('refund', { ...data, attempt_id: '', refund_id: 'ref_9' })).toBe('refund:ref_9');
  });

  it('are another in every tenant, and as they are in that which every Hyperswitch has', () => {
    const keyOf = (tenant_id: string | undefined, attempt_id = 'att_1') =>
      idempotencyKey('authorize', { ...data, tenant_id, attempt_id });
    for (const tenant of [undefined, '', 'public']) expect(keyOf(tenant)).toBe('authorize:att_1');
    expect(keyOf('eu')).toBe('authorize:eu%40att_1');
    const others = [
      keyOf('eu'),
      keyOf('public', 'eu%40att_1'),
      keyOf('public', 'eu@att_1'),
      keyOf('e', 'u@att_1'),
    ];
    expect(new Set(others).size).toBe(4);
    expect(keyBeforeReturn(`${keyOf('eu')}:complete:hash`)).toBe(keyOf('eu'));
    for (const tenant_id of [undefined, 'public', 'eu', 'e']) {
      const ofTenants = ['public', 'eu', 'e', 'eu%40'].filter((one) =>
        isKeyOfTenant(keyOf(one) ?? '', { tenant_id }),
      );
      expect(ofTenants).toEqual([tenant_id ?? 'public']);
    }
  });

  it('do not exist for questions', () => {
    expect(idempotencyKey('sync', data)).toBeUndefined();
    expect(idempotencyKey('refund_sync', data)).toBeUndefined();
  });

  it('do not exist where nothing tells two requests apart', () => {
    expect(idempotencyKey('authorize', { ...data, attempt_id: '' })).toBeUndefined();
  });

  it('do not run together', () => {
    expect(idempotencyKey('capture', { ...data, attempt_id: 'a:b', request_id: 'c' })).not.toBe(
      idempotencyKey('capture', { ...data, attempt_id: 'a', request_id: 'b:c' }),
    );
  });

  it('come back out of an alias, and only out of one', () => {
    expect(keyOfAlias(aliasOf('authorize:att_1'))).toBe('authorize:att_1');
    expect(keyOfAlias('pi_123')).toBeUndefined();
  });
});
