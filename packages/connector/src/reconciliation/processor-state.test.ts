import {
  BridgeError,
  type BridgeResponse,
  type Operation,
  outcomeOfError,
  outcomeOfReply,
} from '@nats-bridge/protocol';
import { describe, expect, it } from 'vitest';
import { type ProcessorState, processorStateOf } from './processor-state.js';

const callOf = (operation: Operation) => ({
  operation,
  data: {
    merchant_id: 'm',
    payment_id: 'p',
    attempt_id: 'a',
    connector: 'c',
    connector_auth_type: { auth_type: 'NoKey' },
    request: {},
    test_mode: true,
  },
  correlationId: 'x',
});
const stateOf = (reply: BridgeResponse, operation: Operation = 'sync') =>
  processorStateOf(outcomeOfReply(callOf(operation), reply));
const error = (code: string) => ({ code, message: code });

describe('what a worker answers', () => {
  it.each<[string, BridgeResponse, Partial<ProcessorState>]>([
    ['success', { status: 'success' }, { kind: 'known', status: 'CHARGED' }],
    [
      'success, and how much',
      { status: 'success', amount_captured: 700 },
      { kind: 'known', status: 'CHARGED', amount: { minorAmount: 700 } },
    ],
    ['a status', { status: 'success', attempt_status: 'VOIDED' }, { kind: 'known', status: 'VOIDED' }],
    [
      'a failure of the payment, by its id',
      { status: 'failure', transaction_id: 'pi_1', error: error('do_not_honor') },
      { kind: 'known', status: 'FAILURE' },
    ],
    [
      'a failure that may be one of the question',
      { status: 'failure', error: error('401') },
      { kind: 'not_asked' },
    ],
    ['that there is none', { status: 'failure', error: error('resource_missing') }, { kind: 'not_known' }],
    [
      'that there is none, by a status',
      { status: 'failure', attempt_status: 'UNRESOLVED', error: error('404') },
      { kind: 'not_known' },
    ],
    [
      'that it cannot tell',
      { status: 'processing', attempt_status: 'PAYMENT_STATUS_UNSPECIFIED' },
      { kind: 'untold' },
    ],
    [
      'that it was refused, and cannot tell',
      { status: 'failure', attempt_status: 'PAYMENT_STATUS_UNSPECIFIED', error: error('401') },
      { kind: 'untold', why: 'the worker: 401' },
    ],
  ])('%s', (_, reply, state) => {
    expect(stateOf(reply)).toMatchObject(state);
  });

  it('of a refund has the amount in the response', () => {
    const reply: BridgeResponse = {
      status: 'success',
      response: { refund_amount: { minor_amount: 300, currency: 'EUR' } },
    };
    expect(stateOf(reply, 'refund_sync')).toEqual({
      kind: 'known',
      status: 'REFUND_SUCCESS',
      amount: { minorAmount: 300, currency: 'EUR' },
    });
  });

  it('is not there where nobody was asked, and not told where nobody answered', () => {
    const failed = (code: 'NO_WORKERS_AVAILABLE' | 'NATS_TIMEOUT') =>
      processorStateOf(outcomeOfError(callOf('sync'), new BridgeError(code)));
    expect(failed('NO_WORKERS_AVAILABLE')).toMatchObject({ kind: 'not_asked' });
    expect(failed('NATS_TIMEOUT')).toMatchObject({ kind: 'untold' });
  });
});
