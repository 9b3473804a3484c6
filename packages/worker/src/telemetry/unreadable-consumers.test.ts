import { expect, it } from 'vitest';
import { createUnreadableConsumers } from './unreadable-consumers.js';

class GoneError extends Error {
  override readonly name = 'GoneError';
}

it('tells of a reason once, however many consumers have it and however often, until it changes or they can be read', () => {
  const consumers = createUnreadableConsumers();
  const fails = (error: Error) => ['authorize', 'capture'].map((one) => consumers.failed(one, error));
  expect(fails(new GoneError('a'))).toEqual([true, false]);
  expect(fails(new GoneError('b'))).toEqual([false, false]);
  expect(fails(new TypeError('c'))).toEqual([true, false]);
  expect(fails(new GoneError('a'))).toEqual([true, false]);

  consumers.read('capture');
  expect(consumers.failed('capture', new GoneError('a'))).toBe(false);
  consumers.read('authorize');
  consumers.read('capture');
  expect(fails(new GoneError('a'))).toEqual([true, false]);
});
