import type { BridgeResponse } from '@nats-bridge/protocol';
import { describe, expect, it } from 'vitest';
import type { Policy } from '../call/exchange.js';
import { exchange, success } from '../testing/exchanges.js';
import { limitInFlight } from './limit-in-flight.js';

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
