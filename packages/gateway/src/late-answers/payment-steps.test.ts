import { statusNames } from '@nats-bridge/protocol';
import { describe, expect, it } from 'vitest';
import { isOver, stepOf, UNTOLD } from './payment-steps.js';

describe('the steps of a payment', () => {
  it.each([
    ['PENDING', 'AUTHORIZED'],
    ['AUTHENTICATION_PENDING', 'CHARGED'],
    ['AUTHENTICATION_PENDING', 'AUTHENTICATION_FAILED'],
    ['AUTHORIZED', 'CAPTURE_INITIATED'],
    ['AUTHORIZED', 'PARTIAL_CHARGED_AND_CHARGEABLE'],
    ['PARTIAL_CHARGED_AND_CHARGEABLE', 'PARTIAL_CHARGED'],
    ['AUTHORIZED', 'VOIDED'],
    ['AUTHORIZED', 'EXPIRED'],
  ])('lead from %s to %s, and not back', (earlier, later) => {
    expect(stepOf(later)).toBeGreaterThan(stepOf(earlier));
  });

  it('do not lead from what is reserved to a failure, which may be one of the question', () => {
    expect(stepOf('FAILURE')).toBe(stepOf('AUTHORIZED'));
  });

  it('end where the money is taken, given back or refused', () => {
    const goOn = statusNames('payment').filter((status) => !isOver(status) && !UNTOLD.has(status));
    expect(goOn.sort()).toEqual([
      'AUTHENTICATION_PENDING',
      'AUTHENTICATION_SUCCESSFUL',
      'AUTHORIZED',
      'AUTHORIZING',
      'CAPTURE_INITIATED',
      'COD_INITIATED',
      'CONFIRMATION_AWAITED',
      'DEVICE_DATA_COLLECTION_PENDING',
      'PARTIALLY_AUTHORIZED',
      'PARTIAL_CHARGED_AND_CHARGEABLE',
      'PAYMENT_METHOD_AWAITED',
      'PENDING',
      'STARTED',
      'VOID_INITIATED',
    ]);
  });
});
