import { describe, expect, it } from 'vitest';
import { createLimit } from './limit.js';

describe('a limit', () => {
  it('runs in order, so many at once, and refuses above the number that may wait', async () => {
    const limit = createLimit(1, 2);
    const ran: string[] = [];
    const finish: (() => void)[] = [];
    const work = (name: string) => () => {
      ran.push(name);
      return new Promise<void>((resolve) => finish.push(resolve));
    };
    expect(['a', 'b', 'c', 'd'].map((name) => limit.offer(work(name)))).toEqual([true, true, true, false]);
    expect([limit.size, ran.join()]).toEqual([3, 'a']);
    const idle = limit.idle();
    for (let turn = 0; turn < 3; turn++) {
      finish[turn]?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await idle;
    expect([limit.size, ran.join()]).toEqual([0, 'a,b,c']);
    await limit.idle();
  });
});
