import { expect, it } from 'vitest';
import type { Handler, HandlerResponse } from './handler.js';

it('is told by the compiler when it answers what is no answer', async () => {
  const answers: HandlerResponse[] = [
    { status: 'success', transaction_id: 'txn_1', connector_response: { any: 'thing' } },
    { status: 'failure', error: { code: 'declined', message: 'No', of_the_processor: 5 } },
    // @ts-expect-error: no status of the contract
    { status: 'succeeded' },
    // @ts-expect-error: no field of the contract
    { status: 'success', transactionId: 'txn_1' },
    // @ts-expect-error: an id is a string
    { status: 'success', transaction_id: 5 },
  ];
  // @ts-expect-error: it has to answer something
  const silent: Handler = () => {};
  expect(answers).toHaveLength(5);
  expect(silent).toBeTypeOf('function');
});
