import type { CancelSignal } from '@nats-bridge/messaging';
import type { BridgeErrorCode, Phase } from '@nats-bridge/protocol';
import { describe, expect, it } from 'vitest';
import { exchange, failingFirst, success } from '../testing/exchanges.js';
import { retry } from './retry.js';

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
    const { send } = failingFirst(7, 'NATS_UNREACHABLE');
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
    const { seen, send } = failingFirst(9, code, phase);
    await expect(retry(3, world())(send)(exchange())).rejects.toMatchObject({ code });
    expect(seen).toHaveLength(1);
  });

  it('gives up after its tries, and before a pause that would outlast the deadline', async () => {
    const often = failingFirst(9, 'STORE_REFUSED');
    await expect(retry(3, world())(often.send)(exchange())).rejects.toThrow();
    expect(often.seen).toHaveLength(4);
    const short = failingFirst(9, 'STORE_REFUSED');
    await expect(retry(3, world())(short.send)(exchange({ deadlineAt: 1_500 }))).rejects.toThrow();
    expect(short.seen).toHaveLength(2);
  });

  it('ends with the caller', async () => {
    const { send } = failingFirst(9, 'NATS_UNREACHABLE');
    const cancelled = exchange({ signal: AbortSignal.abort() });
    await expect(retry(3, world())(send)(cancelled)).rejects.toMatchObject({
      code: 'CANCELLED',
      phase: 'before_send',
    });
  });
});
