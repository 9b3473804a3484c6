import { BridgeError } from '@nats-bridge/protocol';
import { describe, expect, it } from 'vitest';
import type { Exchange } from '../call/exchange.js';
import { exchange, failingFirst, success } from '../testing/exchanges.js';
import { retry } from './retry.js';
import { retryAfterTimeout } from './retry-after-timeout.js';

describe('retryAfterTimeout', () => {
  const policy = retryAfterTimeout(
    () => Number.POSITIVE_INFINITY,
    () => 1_000,
  );
  const one = exchange({ deadlineAt: 5_001 });

  it('gives the first try half of the time, and the second the rest, under the same ids', async () => {
    const { seen, send } = failingFirst(1, 'NATS_TIMEOUT');
    expect(await policy(send)(one)).toEqual(success);
    expect(seen.map(({ waitUntil, deadlineAt }) => [waitUntil, deadlineAt])).toEqual([
      [3_000, 5_001],
      [undefined, 5_001],
    ]);
    expect(new Set(seen.map(({ correlationId }) => correlationId)).size).toBe(1);
  });

  it('tries no third time', async () => {
    const { seen, send } = failingFirst(9, 'NATS_TIMEOUT');
    await expect(policy(send)(one)).rejects.toMatchObject({ code: 'NATS_TIMEOUT' });
    expect(seen).toHaveLength(2);
  });

  it('stays in doubt of the first try when the second cannot be sent', async () => {
    let tries = 0;
    const send = policy(async () => {
      throw new BridgeError(++tries === 1 ? 'NATS_TIMEOUT' : 'NATS_UNREACHABLE');
    });
    await expect(send(one)).rejects.toMatchObject({ code: 'NATS_TIMEOUT', phase: 'sent_unknown' });
  });

  it('lets the first try have all the time where a repeat could come too late to be known as one', async () => {
    const { seen, send } = failingFirst(9, 'NATS_TIMEOUT');
    const until = (time: number) =>
      retryAfterTimeout(
        () => time,
        () => 1_000,
      )(send);
    await expect(until(5_000)(one)).rejects.toThrow();
    expect(seen.map(({ waitUntil }) => waitUntil)).toEqual([undefined]);
    await expect(until(5_001)(one)).rejects.toThrow();
    expect(seen).toHaveLength(3);
  });

  it('repeats nothing else, and no money where a repeat would be heard', async () => {
    const refused = failingFirst(9, 'VALIDATION_ERROR');
    await expect(policy(refused.send)(one)).rejects.toThrow();
    const plain = failingFirst(9, 'NATS_TIMEOUT');
    await expect(policy(plain.send)({ ...one, isDurable: false })).rejects.toThrow();
    const heard = failingFirst(9, 'NATS_TIMEOUT');
    await expect(policy(heard.send)({ ...one, workers: 'subscribers' })).rejects.toThrow();
    expect([refused.seen.length, plain.seen.length, heard.seen.length]).toEqual([1, 1, 1]);
  });
});

describe('retryAfterTimeout around retry', () => {
  /** As the requester ends: at the end of the try, refused until the stream has a leader. */
  function electing(untilMs: number) {
    let now = 0;
    const sleep = async (ms: number) => {
      now += ms;
    };
    const ends: [number, number][] = [];
    const tries = async ({ waitUntil, deadlineAt }: Exchange) => {
      const end = waitUntil ?? deadlineAt;
      ends.push([now, end]);
      if (now >= end) throw new BridgeError('NATS_TIMEOUT', undefined, { phase: 'before_send' });
      now = Math.min(end, Math.max(now, untilMs));
      if (now < untilMs) throw new BridgeError('STORE_REFUSED');
      return success;
    };
    const clock = { now: () => now, sleep };
    const twice = retryAfterTimeout(() => Number.POSITIVE_INFINITY, clock.now);
    return { ends, send: twice(retry(3, clock)(tries)) };
  }

  it('use all of the time for what the stream refuses in its first half', async () => {
    const { ends, send } = electing(6_000);
    expect(await send(exchange({ deadlineAt: 8_000 }))).toEqual(success);
    expect(ends.map(([, end]) => end)).toEqual([4_000, 8_000]);
  });

  it('end with what the stream said, and not with a timeout', async () => {
    const { send } = electing(60_000);
    await expect(send(exchange({ deadlineAt: 8_000 }))).rejects.toMatchObject({ code: 'STORE_REFUSED' });
  });

  it('try nothing more once the time is over', async () => {
    let now = 0;
    const { seen, send } = failingFirst(9, 'NATS_TIMEOUT');
    const policy = retryAfterTimeout(
      () => Number.POSITIVE_INFINITY,
      () => now,
    );
    const late = (one: Exchange) => {
      now = one.deadlineAt;
      return send(one);
    };
    await expect(policy(late)(exchange({ deadlineAt: 8_000 }))).rejects.toMatchObject({
      phase: 'sent_unknown',
    });
    expect(seen).toHaveLength(1);
  });
});
