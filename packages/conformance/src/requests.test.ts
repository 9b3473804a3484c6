import { encodeUcs, operationRow, ucsMethodOf } from '@nats-bridge/protocol';
import { describe, expect, it } from 'vitest';
import { KNOWN_OPERATIONS, requestFileSchema, requestKindOf } from './requests.js';

describe('the requests of the kit', () => {
  it.each(KNOWN_OPERATIONS)('%s: is one that Hyperswitch could send', (operation) => {
    const { request } = requestKindOf(operation, requestFileSchema.parse({}));
    const fields = request('att_1', 'txn_1') as Record<string, unknown>;
    const { requestType } = ucsMethodOf(operationRow(operation), fields);
    expect(() => encodeUcs(requestType, fields)).not.toThrow();
  });
});
