import { describe, expect, it } from 'vitest';
import { BridgeError } from '../bridge-error.js';
import type { BridgeResponse } from '../message/response.js';
import type { RouterData } from '../message/router-data.js';
import { OPERATIONS, type Operation } from '../operation-catalogue.js';
import { outcomeOfError, outcomeOfReply } from './outcome.js';

const call = (operation: Operation, request: RouterData['request'] = {}) => ({
  operation,
  correlationId: 'c',
  data: {
    merchant_id: 'm',
    payment_id: 'p',
    attempt_id: 'a',
    connector: 'c',
    connector_auth_type: { auth_type: 'NoKey' },
    request,
    test_mode: true,
  },
});
const statusOf = (operation: Operation, reply: BridgeResponse, request: RouterData['request'] = {}) =>
  outcomeOfReply(call(operation, request), reply).status;

describe('the outcome of a reply', () => {
  it.each([
    ['authorize', 'AUTOMATIC', 'CHARGED'],
    ['authorize', 'MANUAL', 'AUTHORIZED'],
    ['authorize', 'MANUAL_MULTIPLE', 'AUTHORIZED'],
    ['authorize', undefined, 'CHARGED'],
    ['charge', 'SEQUENTIAL_AUTOMATIC', 'CHARGED'],
    ['capture', undefined, 'CHARGED'],
    ['void', undefined, 'VOIDED'],
    ['refund', undefined, 'REFUND_SUCCESS'],
    ['setup_mandate', undefined, 'CHARGED'],
    ['payout_fulfill', undefined, 'SUCCESS'],
  ] as const)('success of %s with capture method %s is %s', (operation, capture_method, status) => {
    expect(statusOf(operation, { status: 'success' }, { capture_method })).toBe(status);
  });

  it.each([
    ['authorize', 'FAILURE'],
    ['capture', 'CAPTURE_FAILED'],
    ['void', 'VOID_FAILED'],
    ['refund', 'REFUND_FAILURE'],
  ] as const)("a worker's own failure of %s is %s, 400, with code and message", (operation, status) => {
    const reply = { status: 'failure', error: { code: 'card_declined', message: 'No' } } as const;
    expect(outcomeOfReply(call(operation), reply)).toMatchObject({
      kind: 'answered',
      status,
      statusCode: 400,
      error: { code: 'card_declined', message: 'No' },
    });
  });

  it('has code and message even when the worker gave none', () => {
    const outcome = outcomeOfReply(call('authorize'), { status: 'failure' });
    expect(outcome.error).toMatchObject({
      code: expect.stringMatching(/./),
      message: expect.stringMatching(/./),
    });
  });

  it('takes the exact status from the worker, however it is spelled', () => {
    for (const spelling of ['PARTIAL_CHARGED', 'partial_charged', 'PartialCharged'])
      expect(statusOf('capture', { status: 'success', attempt_status: spelling })).toBe('PARTIAL_CHARGED');
    expect(statusOf('refund', { status: 'processing', refund_status: 'Pending' })).toBe('REFUND_PENDING');
  });

  it('refuses a status that UCS does not have', () => {
    expect(() => statusOf('authorize', { status: 'success', attempt_status: 'PAID' })).toThrow(
      expect.objectContaining({ code: 'INVALID_WORKER_REPLY', phase: 'sent_unknown' }),
    );
  });

  it('waits for the customer when there is a redirection', () => {
    expect(statusOf('authorize', { status: 'processing', redirection: {} })).toBe('AUTHENTICATION_PENDING');
  });
});

describe('the outcome of an error (specification, error response mapping)', () => {
  it('is 504 and pending after a timeout', () => {
    expect(outcomeOfError(call('authorize'), new BridgeError('NATS_TIMEOUT'))).toMatchObject({
      kind: 'unknown',
      status: 'PENDING',
      statusCode: 504,
      error: { code: 'NATS_TIMEOUT', message: 'Payment processor timeout' },
    });
  });

  it('is 503 and failure without workers', () => {
    expect(outcomeOfError(call('authorize'), new BridgeError('NO_WORKERS_AVAILABLE'))).toMatchObject({
      kind: 'not_sent',
      status: 'FAILURE',
      statusCode: 503,
      error: { code: 'NO_WORKERS_AVAILABLE', message: 'Payment service temporarily unavailable' },
    });
  });

  it('is the failure of what was not sent, whether it moves money or not', () => {
    for (const { operation, isQuestion, status } of OPERATIONS) {
      if (isQuestion) continue;
      const outcome = outcomeOfError(call(operation), new BridgeError('NO_WORKERS_AVAILABLE'));
      expect(outcome, operation).toMatchObject({ kind: 'not_sent', status: status.failure });
    }
    const { status } = outcomeOfError(call('authenticate'), new BridgeError('NO_WORKERS_AVAILABLE'));
    expect(status).toBe('AUTHENTICATION_FAILED');
  });

  it('leaves the payment as it is when a rate limit holds its capture back, and fails what else was not sent', () => {
    for (const { operation, isQuestion, status } of OPERATIONS) {
      const outcome = outcomeOfError(call(operation), new BridgeError('RATE_LIMITED'));
      expect(outcome, operation).toMatchObject({
        kind: 'not_sent',
        statusCode: 429,
        error: { code: 'RATE_LIMITED' },
        status: isQuestion
          ? status.unknown
          : operation === 'capture'
            ? 'PAYMENT_STATUS_UNSPECIFIED'
            : status.failure,
      });
    }
  });

  it('leaves a payment in doubt when the customer is back from a redirect, and nobody could be told', () => {
    const back = { redirection_response: { params: 'redirect_status=succeeded' } };
    for (const operation of ['authorize', 'setup_mandate'] as const)
      for (const code of ['NO_WORKERS_AVAILABLE', 'RATE_LIMITED', 'OVERLOADED', 'NATS_UNREACHABLE'] as const)
        expect(outcomeOfError(call(operation, back), new BridgeError(code))).toMatchObject({
          kind: 'not_sent',
          status: 'PENDING',
          error: { code },
        });
  });

  it('never says of a question that the payment failed', () => {
    for (const { operation, isQuestion, status } of OPERATIONS) {
      if (!isQuestion) continue;
      for (const code of ['NO_WORKERS_AVAILABLE', 'NATS_TIMEOUT'] as const)
        expect(outcomeOfError(call(operation), new BridgeError(code)).status, operation).toBe(status.unknown);
    }
    expect(outcomeOfError(call('sync'), new BridgeError('NO_WORKERS_AVAILABLE')).status).toBe(
      'PAYMENT_STATUS_UNSPECIFIED',
    );
  });
});
