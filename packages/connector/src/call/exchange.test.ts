import { describe, expect, it } from 'vitest';
import { exchange, success } from '../testing/exchanges.js';
import { admit, compose, type Exchange, type Send } from './exchange.js';

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

  it('that only look at a call let it through, changed or not, now or later, and reject with what they throw', async () => {
    const seen: number[] = [];
    const send: Send = async ({ deadlineAt }) => {
      seen.push(deadlineAt);
      return success;
    };
    const late = (one: Exchange) => ({ ...one, deadlineAt: one.deadlineAt + 1 });
    const refuse = () => {
      throw new Error('refused');
    };
    const through = compose([admit((one) => one), admit(late), admit(async (one) => late(one))], send);
    expect(await through(exchange({ deadlineAt: 1 }))).toEqual(success);
    await expect(admit(refuse)(send)(exchange())).rejects.toThrow('refused');
    await expect(admit(async () => refuse())(send)(exchange())).rejects.toThrow('refused');
    expect(seen).toEqual([3]);
  });
});
