import { expect, it } from 'vitest';
import { createLiveReaders } from './live-readers.js';

it('so many look at once, and the next when one has gone', () => {
  const readers = createLiveReaders(2);
  const leave = readers.enter();
  expect(readers.enter()).toBeTypeOf('function');
  expect(readers.enter()).toBeUndefined();
  leave?.();
  expect(readers.enter()).toBeTypeOf('function');
  expect(readers.enter()).toBeUndefined();
  expect(createLiveReaders(1).enter()).toBeTypeOf('function');
});
