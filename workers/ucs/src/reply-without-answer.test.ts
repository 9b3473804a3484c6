import {
  OPERATIONS,
  operationRow,
  outcomeOfReply,
  parseResponse,
  type RouterData,
} from '@nats-bridge/protocol';
import { describe, expect, it } from 'vitest';
import { replyOfConnectorError, replyOfDoubt, replyOfRefusal } from './reply-without-answer.js';

const DATA: RouterData = {
  merchant_id: 'm',
  payment_id: 'p',
  attempt_id: 'a',
  connector: 'c',
  connector_auth_type: { auth_type: 'NoKey' },
  request: {},
  test_mode: true,
};
const REASON = { code: 'X', message: 'because' };
const statusOf = (operation: (typeof OPERATIONS)[number]['operation'], reply: object) =>
  outcomeOfReply({ operation, data: DATA, correlationId: 'c' }, parseResponse(reply)).status;

describe('a call without an answer', () => {
  it('leaves what may have happened as the bridge leaves what it does not know', () => {
    for (const row of OPERATIONS) {
      const reply = replyOfDoubt(row, REASON);
      expect(statusOf(row.operation, reply), row.operation).toBe(row.status.unknown);
      if (row.statusKind !== 'none') expect(reply.status, row.operation).toBe('processing');
    }
  });

  it('has failed where nothing was done, and says nothing where it only asked', () => {
    for (const row of OPERATIONS) {
      const expected = row.isQuestion ? row.status.unknown : row.status.failure;
      expect(statusOf(row.operation, replyOfRefusal(row, REASON)), row.operation).toBe(expected);
    }
  });

  it('names no error in doubt where Hyperswitch would take it for a failure', () => {
    const said = {
      http_status_code: 503,
      error_info: { connector_details: { code: 'oops', message: 'Later' } },
    };
    for (const row of OPERATIONS.filter(({ errorMeansFailed }) => errorMeansFailed)) {
      for (const reply of [replyOfDoubt(row, REASON), replyOfConnectorError(row, said)])
        expect(reply.response, row.operation).not.toHaveProperty('error');
    }
    expect(replyOfRefusal(operationRow('refund_sync'), REASON)).toMatchObject({ status: 'processing' });
    expect(replyOfDoubt(operationRow('payout_sync'), REASON).response).toHaveProperty('error');
  });

  it('tells what the processor said in its own words', () => {
    const error_info = { connector_details: { code: 'card_declined', message: 'No' } };
    const declined = replyOfConnectorError(operationRow('authorize'), { http_status_code: 402, error_info });
    expect(declined).toEqual({
      status: 'failure',
      error: { code: 'card_declined', message: 'No' },
      response: { status_code: 402, error: error_info },
    });
    const bare = { http_status_code: 402, error_code: 'CONNECTOR_ERROR_RESPONSE', error_message: 'No' };
    expect(replyOfConnectorError(operationRow('authorize'), bare)).toMatchObject({
      error: { code: 'CONNECTOR_ERROR_RESPONSE', message: 'No' },
      response: { status_code: 402 },
    });
  });

  it.each([
    ['itself failed', 500],
    ['itself failed', 501],
    ['itself failed', 511],
    ['itself failed, as the network before it says', 524],
    ['waited no longer', 408],
    ['has the same in hand already', 409],
  ])('is in doubt when the processor %s: HTTP %i', (_what, http_status_code) => {
    const error_info = { connector_details: { code: 'oops', message: 'Try later' } };
    const said = { http_status_code, error_info };
    expect(replyOfConnectorError(operationRow('authorize'), said)).toMatchObject({
      status: 'processing',
      attempt_status: 'PENDING',
      response: { status_code: http_status_code },
    });
    const refund = replyOfConnectorError(operationRow('refund'), said);
    expect(refund).toMatchObject({
      status: 'processing',
      refund_status: 'REFUND_PENDING',
      response: { status_code: http_status_code },
    });
    expect(refund.response).not.toHaveProperty('error');
  });

  it.each([400, 401, 402, 403, 404, 410, 422, 429])(
    'has failed when the processor said no: HTTP %i',
    (http_status_code) => {
      expect(replyOfConnectorError(operationRow('authorize'), { http_status_code })).toMatchObject({
        status: 'failure',
        response: { status_code: http_status_code },
      });
    },
  );
});
