import type { BrokerFigures, NatsBridge } from '@nats-bridge/connector';
import { expect, it } from 'vitest';
import { createLookout } from './lookout.js';

const MINUTE_MS = 60_000;
type Workers = BrokerFigures['workers'];
type Stats = ReturnType<NatsBridge['stats']>;

const figures = (workers: Workers): BrokerFigures => ({
  rttMs: 1,
  ownConsumers: new Set(),
  streams: [],
  workers,
  approvalsWaiting: undefined,
});
const process = (id: string, runs?: number, errors?: number): Workers[number] => ({
  worker: 'acme',
  id,
  operation: 'authorize',
  capacity: 1,
  weight: undefined,
  priority: 0,
  inFlight: 0,
  runs,
  errors,
});

function scene() {
  const stats = { late: 3, stray: 2, refusedReplies: 1 };
  const lookout = createLookout({ stats: () => stats as Stats }, { within: () => [] }, 0);
  const look = (at: number, workers?: Workers) =>
    lookout.look(
      { isConnected: true, certificates: [], figures: workers && figures(workers), breakers: [] },
      at,
    );
  return { stats, look };
}

it('sees how many replies came too late, strayed or were refused, and not those from before', () => {
  const { stats, look } = scene();
  expect(look(5_000).replies).toEqual({ late: 0, stray: 0, refused: 0 });
  Object.assign(stats, { late: 9, stray: 3, refusedReplies: 2 });
  expect(look(10_000).replies).toEqual({ late: 6, stray: 1, refused: 1 });
  look(15 * MINUTE_MS);
  expect(look(16 * MINUTE_MS).replies).toEqual({ late: 0, stray: 0, refused: 0 });
});

it('remembers for half an hour how many processes of a worker there were, and a silent broker changes nothing', () => {
  const { look } = scene();
  expect(look(0, [process('a'), process('b')]).workers).toMatchObject([{ alive: 2, most: 2 }]);
  expect(look(1_000, undefined).workers).toMatchObject([{ alive: 2, most: 2 }]);
  expect(look(2_000, [process('a')]).workers).toEqual([
    { worker: 'acme', operation: 'authorize', alive: 1, most: 2 },
  ]);
  expect(look(29 * MINUTE_MS, []).workers).toMatchObject([{ alive: 0, most: 2 }]);
  expect(look(31 * MINUTE_MS, []).workers).toMatchObject([{ alive: 0, most: 0 }]);
});

it('adds up what handlers of all processes did in five minutes, also of one that began anew', () => {
  const { look } = scene();
  expect(look(0, [process('a', 100, 50), process('old')]).handlers).toEqual([
    { operation: 'authorize', runs: 0, errors: 0 },
  ]);
  look(1_000, [process('a', 110, 51), process('b', 0, 0)]);
  expect(look(2_000, [process('b', 30, 3)]).handlers).toEqual([
    { operation: 'authorize', runs: 40, errors: 4 },
  ]);
  look(6 * MINUTE_MS, [process('b', 30, 3)]);
  expect(look(7 * MINUTE_MS, [process('b', 30, 3)]).handlers).toEqual([
    { operation: 'authorize', runs: 0, errors: 0 },
  ]);
});
