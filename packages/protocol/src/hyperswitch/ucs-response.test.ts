import { describe, expect, it } from 'vitest';
import { BridgeError, type BridgeErrorCode } from '../bridge-error.js';
import type { RouterData } from '../message/router-data.js';
import { operationOfMethod, operationRow } from '../operation-catalogue.js';
import { encodeUcs } from '../ucs/codec.js';
import { UCS_METHODS, ucsFieldNames } from '../ucs/schema.js';
import { outcomeOfError, outcomeOfReply } from './outcome.js';
import { mandateFields, statusFieldOf, ucsResponse } from './ucs-response.js';

const data = (request: RouterData['request']): RouterData => ({
  merchant_id: 'm',
  payment_id: 'p',
  attempt_id: 'a',
  connector: 'c',
  connector_auth_type: { auth_type: 'NoKey' },
  request,
  test_mode: true,
});

/** Every method that moves money, with the type of its response. */
const MONEY_METHODS = UCS_METHODS.flatMap(({ service, method, responseType }) => {
  const row = operationOfMethod(`${service}/${method}`);
  return row?.movesMoney ? [{ row, responseType }] : [];
});

describe('the UCS response', () => {
  it('says everything a reply says', () => {
    const request = { merchant_transaction_id: 'a', capture_method: 'MANUAL' };
    const outcome = outcomeOfReply(
      { operation: 'authorize', data: data(request), correlationId: 'c' },
      {
        status: 'success',
        transaction_id: 'txn_1',
        network_transaction_id: 'nti',
        connector_metadata: { cookie: 1 },
        mandate_reference: { connector_mandate_id: { connector_mandate_id: 'man_1' } },
        connector_response: { id: 'txn_1' },
        response: { incremental_authorization_allowed: true },
      },
    );
    const message = ucsResponse({
      row: operationRow('authorize'),
      responseType: 'PaymentServiceAuthorizeResponse',
      request,
      outcome,
    });
    expect(message).toEqual({
      merchant_transaction_id: 'a',
      connector_transaction_id: 'txn_1',
      status: 'AUTHORIZED',
      status_code: 200,
      network_transaction_id: 'nti',
      connector_feature_data: '{"cookie":1}',
      mandate_reference: { connector_mandate_id: { connector_mandate_id: 'man_1' } },
      mandate_reference_details: { connector_mandate_id: 'man_1' },
      raw_connector_response: '{"id":"txn_1"}',
      incremental_authorization_allowed: true,
    });
    expect(() => encodeUcs('PaymentServiceAuthorizeResponse', message)).not.toThrow();
  });

  it('carries an alias, status and error while the outcome of a payment is unknown', () => {
    const outcome = outcomeOfError(
      { operation: 'authorize', data: data({}), correlationId: 'c' },
      new BridgeError('NATS_TIMEOUT'),
    );
    expect(
      ucsResponse({
        row: operationRow('authorize'),
        responseType: 'PaymentServiceAuthorizeResponse',
        request: {},
        outcome,
        alias: 'bridge:authorize:a',
      }),
    ).toEqual({
      connector_transaction_id: 'bridge:authorize:a',
      status: 'PENDING',
      status_code: 504,
      error: { connector_details: { code: 'NATS_TIMEOUT', message: 'Payment processor timeout' } },
    });
  });

  it('is pending without an error wherever Hyperswitch would take the error for a failure', () => {
    for (const { row, responseType } of MONEY_METHODS) {
      const { operation } = row;
      const outcome = outcomeOfError(
        { operation, data: data({}), correlationId: 'c' },
        new BridgeError('NATS_TIMEOUT'),
      );
      const message = ucsResponse({ row, responseType, request: {}, outcome, alias: 'bridge:x' });
      expect(message.status_code, operation).toBe(504);
      expect(message[statusFieldOf(row.statusKind) ?? ''], operation).toBe(row.status.unknown);
      if (row.idField !== undefined) expect(message[row.idField], operation).toBe('bridge:x');
      if (row.errorMeansFailed) expect(message, operation).not.toHaveProperty('error');
      else expect(message, operation).toHaveProperty('error');
    }
  });

  it('fails a refund that was not sent with a code of which Hyperswitch makes a failure', () => {
    const told = (operation: 'refund' | 'void_refund' | 'authorize', code: BridgeErrorCode) => {
      const row = operationRow(operation);
      const responseType = operation === 'authorize' ? 'PaymentServiceAuthorizeResponse' : 'RefundResponse';
      const outcome = outcomeOfError(
        { operation, data: data({}), correlationId: 'c' },
        new BridgeError(code),
      );
      return ucsResponse({ row, responseType, request: {}, outcome });
    };
    for (const code of ['NO_WORKERS_AVAILABLE', 'NATS_UNREACHABLE', 'CIRCUIT_OPEN'] as const)
      expect(told('refund', code)).toMatchObject({
        status: 'REFUND_FAILURE',
        status_code: 400,
        error: { connector_details: { code } },
      });
    // The refund stands as it was when taking it back was not sent.
    expect(told('void_refund', 'NO_WORKERS_AVAILABLE')).toMatchObject({ status_code: 503 });
    expect(told('authorize', 'NO_WORKERS_AVAILABLE')).toMatchObject({ status: 'FAILURE', status_code: 503 });
  });

  it('names the error of a payout that could not be asked about, which leaves its status as it is', () => {
    const outcome = outcomeOfError(
      { operation: 'payout_sync', data: data({}), correlationId: 'c' },
      new BridgeError('NATS_TIMEOUT'),
    );
    const row = operationRow('payout_sync');
    expect(
      ucsResponse({ row, responseType: 'PayoutServiceGetResponse', request: {}, outcome }),
    ).toMatchObject({ payout_status: 'PENDING', error: { connector_details: { code: 'NATS_TIMEOUT' } } });
  });

  it('names a mandate by both fields, wherever a response has them', () => {
    const own = { connector_mandate_id: 'man_1', payment_method_id: 'pm_1' };
    const both = UCS_METHODS.filter(({ responseType }) =>
      ucsFieldNames(responseType).has('mandate_reference_details'),
    );
    expect(both.map(({ method }) => method)).toEqual(
      expect.arrayContaining(['Authorize', 'Get', 'SetupRecurring', 'Charge']),
    );
    for (const { service, method, responseType } of both) {
      const row = operationOfMethod(`${service}/${method}`);
      if (row === undefined) continue;
      const outcome = outcomeOfReply(
        { operation: row.operation, data: data({}), correlationId: 'c' },
        { status: 'success', mandate_reference: { connector_mandate_id: own } },
      );
      const message = ucsResponse({ row, responseType, request: {}, outcome });
      expect(message, responseType).toMatchObject({
        mandate_reference: { connector_mandate_id: own },
        mandate_reference_details: own,
      });
      expect(() => encodeUcs(responseType, message)).not.toThrow();
    }
  });

  it('names a mandate of the network by the older field, which alone has it', () => {
    const reference = { network_mandate_id: { network_mandate_id: 'n' } };
    expect(mandateFields(reference)).toEqual({ mandate_reference: reference });
  });

  it('tells what the network said of a decline', () => {
    const outcome = outcomeOfReply(
      { operation: 'authorize', data: data({}), correlationId: 'c' },
      {
        status: 'failure',
        error: { code: 'x', message: 'y', network_decline_code: '51', network_advice_code: '02' },
      },
    );
    const { error } = ucsResponse({
      row: operationRow('authorize'),
      responseType: 'PaymentServiceAuthorizeResponse',
      request: {},
      outcome,
    });
    expect(error).toEqual({
      connector_details: { code: 'x', message: 'y' },
      issuer_details: { network_details: { decline_code: '51', advice_code: '02' } },
    });
  });
});
