import { expect, it } from 'vitest';
import { StoreRefusedError, StoreUnconfirmedError } from '../errors.js';
import { saysOvertaken } from './says-overtaken.js';

const refused = (code: number) => new StoreRefusedError('s', code, 'no', true, 'before_send', '');

it.each([
  ['the other write is there', refused(10071), true],
  ['the other write is on its way to the replicas', refused(10164), true],
  ['the stream is full', refused(10077), false],
  ['nobody knows whether it was stored', new StoreUnconfirmedError('s', 1), false],
])('%s', (_, error, isOvertaken) => {
  expect(saysOvertaken(error)).toBe(isOvertaken);
});
