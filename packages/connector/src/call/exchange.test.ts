import { describe, expect, it } from 'vitest';
import { exchange, success } from '../testing/exchanges.js';
import { compose, type Exchange, type Send } from './exchange.js';

describe('policies', () => {
  it('run in the order they are written in', async () => {
    const order: string[] = [];
    const named = (name: string) => (next: Send) => (one: Exchange) => {
      order.push(name);
      return next(one);
    };
    await compose([named('first'), named('second')], async () => success)(exchange());
    expect(order).toEqual(['first', 'second']);
  });
});
