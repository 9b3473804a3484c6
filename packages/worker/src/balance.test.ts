import { encodeBody } from '@nats-bridge/protocol';
import { describe, expect, it } from 'vitest';
import { assertPrioritiesKnown, balanceOf } from './balance.js';
import { brokerForFile, requestOf } from './testing/scene.js';
import { createWorker } from './worker.js';

describe('what a worker takes', () => {
  it.each([
    ['no share', { weight: 0 }, true, 'weight 0 must be a whole number from 1 to 16'],
    ['half a share', { weight: 1.5 }, true, 'weight 1.5 must be a whole number'],
    ['more than anybody may have', { weight: 17 }, true, 'at most 16'],
    [
      'more requests than places',
      { weight: 3, concurrency: 2 },
      true,
      'from 1 to 2: at most 16, and the concurrency, which is 2',
    ],
    ['a priority that NATS does not know', { priority: 10 }, true, 'from 0, the first, to 9'],
    ['one that is none', { priority: Number.NaN }, true, 'priority NaN must be'],
    ['a backup without JetStream', { priority: 1 }, false, 'needs JetStream'],
  ])('is not %s', (_what, options, jetstream, message) => {
    expect(() => balanceOf(options, jetstream)).toThrow(message);
  });

  it('is not known to a server before 2.12, for a backup: it says so', () => {
    const backup = balanceOf({ priority: 1 }, true);
    expect(() => assertPrioritiesKnown(backup, '2.11.9')).toThrow(
      /nats-server 2\.11\.9 has no priorities for workers.*nats-server 2\.12 or later/,
    );
    expect(() => assertPrioritiesKnown(backup, '2.12.0')).not.toThrow();
    expect(() => assertPrioritiesKnown(balanceOf({}, true), '2.9.10')).not.toThrow();
  });
});

describe('without JetStream', () => {
  const broker = brokerForFile();

  it('a weight is a share of what comes', async () => {
    const runs = { heavy: 0, light: 0 };
    const workerOf = (name: keyof typeof runs, weight: number) =>
      createWorker({
        servers: broker.url,
        jetstream: false,
        weight,
        subjects: { authorize: 'shared.{merchant_id}.authorize' },
        handlers: {
          authorize: () => {
            runs[name]++;
            return { status: 'success' };
          },
        },
      });
    const workers = [workerOf('heavy', 9), workerOf('light', 1)];
    await Promise.all(workers.map((worker) => worker.start()));
    for (let index = 0; index < 300; index++)
      await broker.nats.request('shared.m.authorize', encodeBody(requestOf(`c${index}`, 'authorize')));
    expect(runs.heavy + runs.light).toBe(300);
    // The server draws: nine tenths, as against a half of workers that are alike.
    expect(runs.heavy).toBeGreaterThan(225);
    await Promise.all(workers.map((worker) => worker.stop()));
  });
});
