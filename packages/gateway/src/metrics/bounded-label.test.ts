import { expect, it } from 'vitest';
import { createBoundedLabel } from './bounded-label.js';

it('keeps the first names and folds the rest', () => {
  const label = createBoundedLabel(2);
  expect(['stripe', 'adyen', 'checkout', 'stripe', 'adyen'].map(label)).toEqual([
    'stripe',
    'adyen',
    'other',
    'stripe',
    'adyen',
  ]);
});

it.each(['', 'a b', '4242424242424242', 'x'.repeat(65), 'a"b', 'a\nb', 'ä'])(
  'folds %j, which is no name',
  (value) => {
    const label = createBoundedLabel(1);
    expect(label(value)).toBe('other');
    expect(label('stripe'), 'it took no place').toBe('stripe');
  },
);
