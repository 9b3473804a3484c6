import { describe, expect, it } from 'vitest';
import { OPERATIONS, operationRow } from '../operation-catalogue.js';
import { readUcsMetadata, ucsMetadataOf } from './ucs-metadata.js';
import { routerDataFromUcs } from './ucs-request.js';

const COMPLETE: Record<string, string | undefined> = {
  'x-connector': 'payconex',
  'x-merchant-id': 'm',
  'x-auth': 'body-key',
  'x-api-key': 'key',
  'x-key1': 'one',
  'x-tenant-id': 'public',
  'x-lineage-ids': 'merchant_id=m&profile_id=pro_1',
  'x-reference-id': 'pay_1',
  'x-resource-id': 'att_1',
  'x-request-id': 'req_1',
};
const read = (changes: Record<string, string | undefined> = {}) => {
  const values = { ...COMPLETE, ...changes };
  return readUcsMetadata((name) => values[name]);
};

describe('UCS metadata', () => {
  it('becomes RouterData, with the request whole inside it', () => {
    const request = {
      payment_method: { card: { card_number: '4242' } },
      metadata: '{"order":7}',
      test_mode: true,
    };
    expect(routerDataFromUcs(operationRow('authorize'), request, read())).toEqual({
      merchant_id: 'm',
      payment_id: 'pay_1',
      attempt_id: 'att_1',
      connector: 'payconex',
      connector_auth_type: { auth_type: 'BodyKey', api_key: 'key', key1: 'one' },
      payment_method: 'card',
      request,
      metadata: { order: 7 },
      test_mode: true,
      tenant_id: 'public',
      profile_id: 'pro_1',
      request_id: 'req_1',
    });
  });

  it('names the refund for refunds', () => {
    const refund = routerDataFromUcs(
      operationRow('refund'),
      { merchant_refund_id: 'x' },
      read({ 'x-resource-id': 'ref_1' }),
    );
    expect(refund).toMatchObject({ refund_id: 'ref_1', attempt_id: '' });
  });

  it('of older releases has no resource id: the request has one', () => {
    const data = routerDataFromUcs(
      operationRow('sync'),
      { merchant_transaction_id: 'att_9' },
      read({ 'x-resource-id': undefined }),
    );
    expect(data.attempt_id).toBe('att_9');
  });

  it.each([
    [{ 'x-connector': undefined }, 'metadata x-connector is missing'],
    [{ 'x-merchant-id': undefined }, 'metadata x-merchant-id is missing'],
    [{ 'x-auth': undefined }, 'metadata x-auth is missing'],
    [{ 'x-auth': 'magic' }, 'metadata x-auth must be one of header-key'],
    [{ 'x-key1': undefined }, 'metadata x-key1 is missing: x-auth body-key needs it'],
    [{ 'x-connector-config': '{' }, 'metadata x-connector-config is not JSON'],
    [{ 'x-shadow-mode': 'perhaps' }, 'metadata x-shadow-mode must be true or false'],
  ])('is refused by header: %j', (changes, message) => {
    expect(() => read(changes)).toThrow(message);
  });

  it('never shows a credential in an error', () => {
    expect(() => read({ 'x-connector-config': '{"api_key":"sk_live_1' })).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('sk_live') }),
    );
  });
});

describe('metadata written again', () => {
  const reread = (metadata: Readonly<Record<string, string>>) => readUcsMetadata((name) => metadata[name]);
  const key = { 'x-auth': 'header-key', 'x-key1': undefined };
  const config = '{"config":{"Stripe":{"api_key":"sk_1"}}}';

  it.each([
    ['one key', key],
    ['two keys', {}],
    ['three keys', { 'x-auth': 'signature-key', 'x-api-secret': 's' }],
    ['four keys', { 'x-auth': 'multi-auth-key', 'x-api-secret': 's', 'x-key2': 'k' }],
    ['a key for each currency', { 'x-auth': 'currency-auth-key', 'x-auth-key-map': '{"EUR":{"a":1}}' }],
    ['no key', { 'x-auth': 'NoKey' }],
    ['the connector configuration', { ...key, 'x-connector-config': config }],
    ['the connector configuration alone', { 'x-auth': undefined, 'x-connector-config': config }],
    ['an external vault', { ...key, 'x-external-vault-metadata': 'eyJ2YXVsdCI6MX0=' }],
    ['nothing that is optional', { 'x-tenant-id': undefined, 'x-request-id': undefined }],
  ])('says the same of every operation, with %s', (_, changes: Record<string, string | undefined>) => {
    const metadata = read(changes);
    for (const row of OPERATIONS) {
      const data = routerDataFromUcs(row, {}, metadata);
      const again = ucsMetadataOf(row, data);
      expect(routerDataFromUcs(row, {}, reread(again)), row.operation).toEqual(data);
    }
  });

  it('is what Hyperswitch sent', () => {
    const data = routerDataFromUcs(operationRow('authorize'), {}, read());
    expect(ucsMetadataOf(operationRow('authorize'), data)).toEqual({
      ...COMPLETE,
      'x-shadow-mode': 'false',
      'x-proxy-name': 'primary',
    });
  });

  it.each([
    ['payout_create', 'x-payout-connector'],
    ['calculate_surcharge', 'x-surcharge-connector'],
  ] as const)('names the connector of %s in %s', (operation, header) => {
    const row = operationRow(operation);
    const written = ucsMetadataOf(row, routerDataFromUcs(row, {}, read()));
    expect(written).toMatchObject({ [header]: 'payconex' });
    expect(written).not.toHaveProperty('x-connector');
  });

  it('refuses credentials that UCS has no metadata for, without showing them', () => {
    const row = operationRow('authorize');
    const data = routerDataFromUcs(row, {}, read());
    const write = (auth: { auth_type: string; [field: string]: unknown }) =>
      ucsMetadataOf(row, { ...data, connector_auth_type: auth });
    expect(() => write({ auth_type: 'CertificateAuth', certificate: 'sk_live' })).toThrow(
      /^UCS has no metadata for credentials of type CertificateAuth: use one of HeaderKey, BodyKey/,
    );
    expect(() => write({ auth_type: 'BodyKey', api_key: 'sk_live' })).toThrow(
      'connector_auth_type BodyKey has no key1',
    );
  });
});
