import { describe, expect, it } from 'vitest';
import { BridgeError } from '../bridge-error.js';
import { parseResponse } from '../message/response.js';
import type { RouterData } from '../message/router-data.js';
import { OPERATIONS, type Operation, operationRow } from '../operation-catalogue.js';
import { UCS_METHODS } from '../ucs/schema.js';
import { outcomeOfReply } from './outcome.js';
import { statusNames } from './status.js';
import { replyOfUcsResponse } from './ucs-reply.js';
import { statusFieldOf, ucsResponse } from './ucs-response.js';

const DATA: RouterData = {
  merchant_id: 'm',
  payment_id: 'p',
  attempt_id: 'a',
  connector: 'c',
  connector_auth_type: { auth_type: 'NoKey' },
  request: {},
  test_mode: true,
};
const typeOf = (operation: Operation) => {
  const method = operationRow(operation).methods[0];
  return UCS_METHODS.find((entry) => `${entry.service}/${entry.method}` === method)?.responseType ?? '';
};
const reply = (operation: Operation, message: Record<string, unknown>) =>
  replyOfUcsResponse(operationRow(operation), typeOf(operation), message);

/** What a caller of `asked` is told when the reply to `operation` is the answer. */
function told(
  operation: Operation,
  message: Record<string, unknown>,
  options: { asked?: Operation; request?: Record<string, unknown> } = {},
) {
  const { asked = operation, request = {} } = options;
  const outcome = outcomeOfReply(
    { operation: asked, data: { ...DATA, request }, correlationId: 'c' },
    parseResponse(reply(operation, message)),
  );
  const answer = {
    row: operationRow(asked),
    responseType: typeOf(asked),
    request,
    outcome,
    alias: 'bridge:x',
  };
  return { outcome, response: ucsResponse(answer) };
}

const ERROR = {
  connector_details: { code: 'declined', message: 'No', reason: 'funds' },
  issuer_details: { network_details: { decline_code: '51', advice_code: '03', error_message: 'NSF' } },
};

describe('a whole UCS response', () => {
  it('is given to the caller as it is, without what the bridge would add by itself', () => {
    const message = {
      connector_transaction_id: 't',
      status: 'CHARGED',
      status_code: 201,
      raw_connector_request: '{}',
      field_of_tomorrow: 1,
    };
    const request = { merchant_transaction_id: 'a' };
    expect(told('authorize', message, { request }).response).toEqual({
      connector_transaction_id: 't',
      status: 'CHARGED',
      status_code: 201,
      raw_connector_request: '{}',
    });
    const refused = { merchant_refund_id: 'r', status: 'REFUND_FAILURE', status_code: 402, error: ERROR };
    expect(told('refund', refused, { request: { refund_amount: { minor_amount: 5 } } }).response).toEqual(
      refused,
    );
  });

  it('is understood for every operation and each of its statuses', () => {
    for (const { operation, statusKind } of OPERATIONS) {
      if (statusKind === 'none') continue;
      for (const status of statusNames(statusKind)) {
        const { outcome } = told(operation, { [statusFieldOf(statusKind) ?? '']: status });
        expect(outcome.status, operation).toBe(status);
      }
    }
  });

  it('keeps the status a question has where the answer has none', () => {
    expect(told('sync', { connector_transaction_id: 't' }).outcome.status).toBe('PAYMENT_STATUS_UNSPECIFIED');
    expect(told('sync', { connector_transaction_id: 't' }).response).not.toHaveProperty('status');
  });

  it('gets an id by which a pending payment can be asked about, and a failed one none', () => {
    expect(told('authorize', { status: 'PENDING' }).response.connector_transaction_id).toBe('bridge:x');
    expect(told('authorize', { status: 'FAILURE', error: ERROR }).response).not.toHaveProperty(
      'connector_transaction_id',
    );
  });

  it('answers another question by its fields', () => {
    const message = {
      connector_transaction_id: 't',
      status: 'CHARGED',
      captured_amount: 5,
      status_code: 200,
    };
    expect(told('authorize', message, { asked: 'sync' }).response).toEqual(message);
    const captured = { ...message, merchant_capture_id: 'a' };
    expect(told('capture', captured, { asked: 'sync' }).response).toEqual(message);
  });

  it('says it in the words of the contract too', () => {
    const message = {
      connector_transaction_id: 't',
      status: 'AUTHENTICATION_PENDING',
      redirection_data: { uri: { uri: 'https://x.invalid' } },
      mandate_reference: { connector_mandate_id: { connector_mandate_id: 'm' } },
      captured_amount: 5,
    };
    expect(reply('authorize', message)).toEqual({
      status: 'processing',
      transaction_id: 't',
      attempt_status: 'AUTHENTICATION_PENDING',
      redirection: message.redirection_data,
      mandate_reference: message.mandate_reference,
      amount_captured: 5,
      ucs_response: { type: 'PaymentServiceAuthorizeResponse', message },
    });
    expect(
      reply('authorize', { status: 'CHARGED', mandate_reference_details: { connector_mandate_id: 'm' } }),
    ).toMatchObject({ mandate_reference: message.mandate_reference });
    expect(reply('authorize', { status: 'FAILURE', error: ERROR })).toMatchObject({
      status: 'failure',
      error: {
        code: 'declined',
        message: 'No',
        reason: 'funds',
        network_decline_code: '51',
        network_advice_code: '03',
        network_error_message: 'NSF',
      },
    });
  });

  it.each<[string, Operation, Record<string, unknown>, string]>([
    ['a declined payment', 'authorize', { status: 'AUTHORIZATION_FAILED' }, 'failure'],
    ['a payment that fails without a status', 'authorize', { error: ERROR, status_code: 402 }, 'failure'],
    ['an error of the processor itself', 'authorize', { error: ERROR, status_code: 503 }, 'processing'],
    ['a pending payment with an error', 'authorize', { status: 'PENDING', error: ERROR }, 'processing'],
    ['a refund that was taken back', 'void_refund', { status: 'REFUND_FAILURE' }, 'success'],
    ['a payment nobody knows', 'sync', { status: 'UNRESOLVED', error: ERROR }, 'failure'],
    ['a payment under review', 'sync', { status: 'UNRESOLVED' }, 'processing'],
    ['an order, which has no status', 'create_order', { connector_order_id: 'o' }, 'success'],
    ['a status younger than this build', 'authorize', { status: 99 }, 'processing'],
    ['a token', 'tokenize', { payment_method_token: 't' }, 'success'],
    ['a refused token', 'tokenize', { error: ERROR }, 'failure'],
  ])('is read honestly: %s', (_, operation, message, status) => {
    expect(reply(operation, message).status).toBe(status);
  });
});

it('a reply without the type of its UCS response is no reply', () => {
  expect(() => parseResponse({ status: 'success', ucs_response: { message: {} } })).toThrow(BridgeError);
});
