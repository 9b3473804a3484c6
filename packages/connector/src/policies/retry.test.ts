import type { CancelSignal } from '@nats-bridge/messaging';
import { BridgeError, type BridgeErrorCode, type BridgeResponse, type Phase } from '@nats-bridge/protocol';
import { describe, expect, it } from 'vitest';
import type { Exchange, Policy } from '../exchange.js';
import { exchange, success } from '../testing/exchanges.js';
import { deadline } from './deadline.js';
import { limitInFlight } from './limit-in-flight.js';
import { retry } from './retry.js';
import { retryAfterTimeout } from './retry-after-timeout.js';

function failing(times: number, code: BridgeErrorCode, phase?: Phase) {
  const seen: Exchange[] = [];
  const send = async (one: Exchange) => {
    seen.push(one);
    if (seen.length <= times) throw new BridgeError(code, undefined, { phase });
    return success;
  };
  return { seen, send };
}

describe('retry', () => {
  function world() {
    const pauses: number[] = [];
    let now = 0;
    return {
      pauses,
      now: () => now,
      sleep: async (ms: number, signal?: CancelSignal) => {
        if (signal?.aborted) return;
        pauses.push(ms);
        now += ms;
      },
    };
  }

  it('pauses 1, 2, 4, 8 s … at most 30, with jitter, for what certainly was not sent', async () => {
    const { send } = failing(7, 'NATS_UNREACHABLE');
    const clock = world();
    expect(await retry(10, clock)(send)(exchange())).toEqual(success);
    const bounds = [1, 2, 4, 8, 16, 30, 30].map((seconds) => seconds * 1_000);
    for (const [index, most] of bounds.entries()) {
      expect(clock.pauses[index]).toBeLessThanOrEqual(most);
      expect(clock.pauses[index]).toBeGreaterThan(most * 0.7);
    }
  });

  it.each<[BridgeErrorCode, Phase | undefined]>([
    ['VALIDATION_ERROR', undefined],
    ['NO_WORKERS_AVAILABLE', undefined],
    ['OVERLOADED', undefined],
    ['NATS_TIMEOUT', undefined],
    ['STORE_REFUSED', 'sent_unknown'],
  ])('sends %s (%s) once', async (code, phase) => {
    const { seen, send } = failing(9, code, phase);
    await expect(retry(3, world())(send)(exchange())).rejects.toMatchObject({ code });
    expect(seen).toHaveLength(1);
  });

  it('gives up after its tries, and before a pause that would outlast the deadline', async () => {
    const often = failing(9, 'STORE_REFUSED');
    await expect(retry(3, world())(often.send)(exchange())).rejects.toThrow();
    expect(often.seen).toHaveLength(4);
    const short = failing(9, 'STORE_REFUSED');
    await expect(retry(3, world())(short.send)(exchange({ deadlineAt: 1_500 }))).rejects.toThrow();
    expect(short.seen).toHaveLength(2);
  });

  it('ends with the caller', async () => {
    const { send } = failing(9, 'NATS_UNREACHABLE');
    const cancelled = exchange({ signal: AbortSignal.abort() });
    await expect(retry(3, world())(send)(cancelled)).rejects.toMatchObject({
      code: 'CANCELLED',
      phase: 'before_send',
    });
  });
});

describe('retryAfterTimeout', () => {
  const policy = retryAfterTimeout(
    () => Number.POSITIVE_INFINITY,
    () => 1_000,
  );
  const one = exchange({ deadlineAt: 5_001 });

  it('gives the first try half of the time, and the second the rest, under the same ids', async () => {
    const { seen, send } = failing(1, 'NATS_TIMEOUT');
    expect(await policy(send)(one)).toEqual(success);
    expect(seen.map(({ waitUntil, deadlineAt }) => [waitUntil, deadlineAt])).toEqual([
      [3_000, 5_001],
      [undefined, 5_001],
    ]);
    expect(new Set(seen.map(({ correlationId }) => correlationId)).size).toBe(1);
  });

  it('tries no third time', async () => {
    const { seen, send } = failing(9, 'NATS_TIMEOUT');
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
    const { seen, send } = failing(9, 'NATS_TIMEOUT');
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
    const refused = failing(9, 'VALIDATION_ERROR');
    await expect(policy(refused.send)(one)).rejects.toThrow();
    const plain = failing(9, 'NATS_TIMEOUT');
    await expect(policy(plain.send)({ ...one, isDurable: false })).rejects.toThrow();
    const heard = failing(9, 'NATS_TIMEOUT');
    await expect(policy(heard.send)({ ...one, workers: 'subscribers' })).rejects.toThrow();
    expect([refused.seen.length, plain.seen.length, heard.seen.length]).toEqual([1, 1, 1]);
  });
});

describe('both', () => {
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
    const { seen, send } = failing(9, 'NATS_TIMEOUT');
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

describe('deadline', () => {
  it('bounds the wait by the configuration and by the caller, whichever is nearer', async () => {
    const { seen, send } = failing(0, 'INTERNAL_ERROR');
    const bounded = deadline(
      () => 500,
      () => 1_000,
    )(send);
    await bounded(exchange());
    await bounded(exchange({ deadlineAt: 1_200 }));
    await bounded(exchange({ deadlineAt: 9_000 }));
    expect(seen.map(({ deadlineAt }) => deadlineAt)).toEqual([1_500, 1_200, 1_500]);
  });

  it('sends nothing that comes too late', async () => {
    const { seen, send } = failing(0, 'INTERNAL_ERROR');
    await expect(deadline(() => 500)(send)(exchange({ deadlineAt: 1 }))).rejects.toMatchObject({
      code: 'NATS_TIMEOUT',
      phase: 'before_send',
    });
    expect(seen).toEqual([]);
  });
});

describe('limitInFlight', () => {
  it('refuses at the door what is too much, and takes more once there is room', async () => {
    const inFlight = { count: 0 };
    const release: (() => void)[] = [];
    const send = limitInFlight(
      inFlight,
      2,
    )(
      () =>
        new Promise((resolve, reject) => {
          release.push(release.length === 0 ? () => resolve(success) : () => reject(new Error('x')));
        }),
    );
    const two = [send(exchange()), send(exchange()).catch(() => 'failed')];
    await expect(send(exchange())).rejects.toMatchObject({ code: 'OVERLOADED', phase: 'before_send' });
    for (const done of release) done();
    expect(await Promise.all(two)).toEqual([success, 'failed']);
    expect(inFlight.count).toBe(0);
  });

  it('minds refused calls, and no more of them at once than it promises', async () => {
    let minded = 0;
    let release: (answer: BridgeResponse) => void = () => {};
    const known = new Promise<BridgeResponse>((resolve) => {
      release = resolve;
    });
    const mind: Policy = () => () => {
      minded++;
      return known;
    };
    const send = limitInFlight({ count: 1 }, 1, [mind])(async () => success);
    const repeats = Array.from({ length: 100 }, () => send(exchange()));
    await expect(send(exchange())).rejects.toMatchObject({ code: 'OVERLOADED' });
    release(success);
    expect(new Set(await Promise.all(repeats))).toEqual(new Set([success]));
    expect(await send(exchange())).toEqual(success);
    expect(minded).toBe(101);
  });
});
