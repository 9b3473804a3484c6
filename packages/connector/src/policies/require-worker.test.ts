import { describe, expect, it } from 'vitest';
import { exchange, success } from '../testing/exchanges.js';
import { requireWorker } from './require-worker.js';

describe('requireWorker', () => {
  it('stops a request nobody would take before anything is sent', async () => {
    const send = requireWorker(async () => ({
      workers: 'nobody',
      consumers: Promise.resolve(undefined),
      pool: undefined,
    }))(async () => success);
    await expect(send(exchange())).rejects.toMatchObject({
      code: 'NO_WORKERS_AVAILABLE',
      phase: 'before_send',
    });
  });

  it.each([
    ['sends nothing until it is told', 50, []],
    ['does not take for them who is there when it was sent long ago', 5_000, undefined],
  ])('asks which consumers there are, and %s', async (_, afterMs, known) => {
    let areTold = false;
    const consumers = new Promise<[]>((resolve) => {
      setTimeout(() => {
        areTold = true;
        resolve([]);
      }, afterMs).unref();
    });
    const found = { workers: 'consumers', consumers, pool: undefined } as const;
    const send = requireWorker(async () => found)(async (sent) => {
      expect([areTold, sent.consumers]).toEqual([known !== undefined, known]);
      return success;
    });
    expect(await send(exchange())).toEqual(success);
  });
});
