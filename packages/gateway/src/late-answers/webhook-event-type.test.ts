import { type Operation, operationRow, statusNames, ucsEnum } from '@nats-bridge/protocol';
import { describe, expect, it } from 'vitest';
import { webhookEventType } from './webhook-event-type.js';

describe('the event type', () => {
  it.each<[Operation, string, number]>([
    ['authorize', 'CHARGED', 2],
    ['authorize', 'FAILURE', 1],
    ['authorize', 'PENDING', 3],
    ['authorize', 'AUTHORIZED', 7],
    ['authorize', 'AUTHORIZATION_FAILED', 8],
    ['authorize', 'AUTHENTICATION_PENDING', 12],
    ['authorize', 'PARTIAL_CHARGED_AND_CHARGEABLE', 4],
    ['charge', 'CHARGED', 2],
    ['capture', 'CHARGED', 9],
    ['capture', 'PARTIAL_CHARGED', 9],
    ['capture', 'CAPTURE_FAILED', 10],
    ['capture', 'PENDING', 3],
    ['void', 'VOIDED', 5],
    ['void', 'VOID_FAILED', 6],
    ['reverse', 'VOIDED_POST_CAPTURE', 5],
    ['refund', 'REFUND_SUCCESS', 16],
    ['refund', 'REFUND_FAILURE', 15],
    ['refund', 'REFUND_TRANSACTION_FAILURE', 15],
    ['refund', 'REFUND_PENDING', 42],
  ])('of %s that is %s is %i, as Hyperswitch counts', (operation, status, number) => {
    expect(ucsEnum('WebhookEventType')[webhookEventType(operationRow(operation), status)]).toBe(number);
  });

  it('is known for every status a payment or refund can have', () => {
    for (const [operation, kind] of [
      ['authorize', 'payment'],
      ['refund', 'refund'],
    ] as const)
      for (const status of statusNames(kind))
        expect(ucsEnum('WebhookEventType')).toHaveProperty(webhookEventType(operationRow(operation), status));
  });
});
