import type { Observation } from '@nats-bridge/connector';
import { expect, it } from 'vitest';
import { createRecentCalls } from './recent-calls.js';

it('counts a connector under its own name, whatever others are named after it', () => {
  let now = 0;
  let tell = (_: Observation) => {};
  const observe = (listener: (observation: Observation) => void) => {
    tell = listener;
    return () => {};
  };
  const calls = createRecentCalls({ observe }, () => now);
  const call = (connector: string) =>
    tell({
      type: 'call_ended',
      operation: 'authorize',
      connector,
      result: 'success',
      durationMs: 1,
    } as Observation);
  call('acme');
  for (let number = 0; number < 600; number++) call(`made_up_${number}`);
  call('acme');
  now = 1_000;
  const figures = new Map(calls.operations().map(({ connector, calls }) => [connector, calls]));
  expect(figures.get('acme')).toBe(2);
  expect(figures.get('other')).toBe(101);
  calls.close();
});
