import type { Observe } from '@nats-bridge/connector';
import { expect, it } from 'vitest';
import { type CircuitState, createCircuitHistory } from './circuit-history.js';

const ROUTE = { operation: 'authorize', connector: 'adyen' } as const;

function scene(mostChanges?: number) {
  let tell: Observe = () => {};
  let now = 0;
  const observe = (observer: Observe) => {
    tell = observer;
    return () => {};
  };
  const history = createCircuitHistory({ observe }, { now: () => now, ...(mostChanges && { mostChanges }) });
  const change = (at: number, state: CircuitState, connector = 'adyen') => {
    now = at;
    tell({ type: 'breaker_changed', operation: 'authorize', connector, state });
  };
  return { history, change };
}

it('says how it stood at any instant, and what became of it between two', () => {
  const { history, change } = scene();
  change(10, 'open');
  change(15, 'open', 'stripe');
  change(20, 'half_open');
  change(30, 'closed');
  const at = [0, 9, 10, 19, 20, 29, 30, 99].map((instant) => history.stateAt(ROUTE, instant));
  expect(at).toEqual(['closed', 'closed', 'open', 'open', 'half_open', 'half_open', 'closed', 'closed']);
  expect(history.changes(ROUTE, 10, 30).map(({ at, state }) => [at, state])).toEqual([
    [20, 'half_open'],
    [30, 'closed'],
  ]);
  expect(history.stateAt({ ...ROUTE, operation: 'refund' }, 12)).toBe('closed');
});

it('forgets the oldest, and does not make up what it has forgotten', () => {
  const { history, change } = scene(2);
  change(10, 'open');
  change(20, 'half_open');
  change(30, 'closed');
  expect(history.stateAt(ROUTE, 15)).toBeUndefined();
  expect(history.stateAt(ROUTE, 25)).toBe('half_open');
});
