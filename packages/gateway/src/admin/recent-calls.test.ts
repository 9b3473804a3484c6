import type { Observation } from '@nats-bridge/connector';
import { expect, it } from 'vitest';
import { createRecentCalls } from './recent-calls.js';

type Call = Extract<Observation, { type: 'call_ended' }>;

/** Its clock stands at 0, and is set by hand. */
function counting() {
  const clock = { now: 0 };
  let tell = (_: Observation) => {};
  const observe = (listener: (observation: Observation) => void) => {
    tell = listener;
    return () => {};
  };
  const calls = createRecentCalls({ observe }, () => clock.now);
  const call = (changes: Partial<Call> = {}) =>
    tell({
      type: 'call_ended',
      operation: 'authorize',
      connector: 'acme',
      result: 'success',
      durationMs: 1,
      ...changes,
    } as Call);
  return { clock, calls, call };
}

it('says nothing of the time before it was there', () => {
  const { clock, calls, call } = counting();
  expect(calls.series()).toEqual([]);
  expect(calls.throughputPerS()).toBe(0);
  for (let number = 0; number < 30; number++) call();
  clock.now = 3_500;
  expect(calls.series().map((point) => point.calls)).toEqual([30, 0, 0]);
  expect(calls.throughputPerS()).toBe(10);
  clock.now = 400_000;
  expect(calls.series()).toHaveLength(300);
  expect(calls.throughputPerS()).toBe(0);
});

it('counts a connector under its own name, whatever others are named after it', () => {
  const { clock, calls, call } = counting();
  call();
  for (let number = 0; number < 600; number++) call({ connector: `made_up_${number}` });
  call();
  clock.now = 1_000;
  const figures = new Map(calls.operations().map(({ connector, calls }) => [connector, calls]));
  expect(figures.get('acme')).toBe(2);
  expect(figures.get('other')).toBe(101);
  calls.close();
});
