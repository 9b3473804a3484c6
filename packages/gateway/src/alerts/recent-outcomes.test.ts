import type { NatsBridge, Observation } from '@nats-bridge/connector';
import { expect, it } from 'vitest';
import { byOperation, createRecentOutcomes } from './recent-outcomes.js';

const MINUTE_MS = 60_000;
const authorize = { operation: 'authorize', connector: 'acme' } as const;
const ids = { merchantId: 'm', paymentId: 'p', attemptId: 'a', correlationId: 'c' };

function scene() {
  let now = 0;
  let tell: (observation: Observation) => void = () => {};
  const bridge: Pick<NatsBridge, 'observe'> = {
    observe: (observe) => {
      tell = observe;
      return () => {};
    },
  };
  const outcomes = createRecentOutcomes(bridge, () => now);
  const ended = (changes: Partial<Extract<Observation, { type: 'call_ended' }>> = {}) =>
    tell({
      type: 'call_ended',
      ...authorize,
      result: 'success',
      durationMs: 1,
      marks: { begunAt: 0, at: 0 },
      ids,
      ...changes,
    });
  return { outcomes, ended, pass: (ms: number) => (now += ms) };
}

it('counts how calls ended, why, and which were slow, within the time asked for', () => {
  const { outcomes, ended, pass } = scene();
  ended();
  ended({ result: 'unknown', code: 'NATS_TIMEOUT', durationMs: 5_001 });
  pass(6 * MINUTE_MS);
  ended({ result: 'failure', durationMs: 5_000 });
  ended({ result: 'not_sent', code: 'OVERLOADED', durationMs: 0 });
  const [recent, ...others] = outcomes.within(5 * MINUTE_MS);
  expect(others).toEqual([]);
  expect(recent).toEqual({
    ...authorize,
    calls: 2,
    results: { success: 0, failure: 1, processing: 0, unknown: 0, not_sent: 1 },
    codes: { OVERLOADED: 1 },
    poolsWithoutWorkers: new Set(),
    slow: 0,
  });
  const all = { calls: 4, codes: { OVERLOADED: 1, NATS_TIMEOUT: 1 }, slow: 1 };
  expect(outcomes.within(15 * MINUTE_MS)).toMatchObject([all]);
  pass(16 * MINUTE_MS);
  expect(outcomes.within(15 * MINUTE_MS)).toEqual([]);
});

it('adds the connectors of an operation up', () => {
  const { outcomes, ended } = scene();
  ended({ result: 'not_sent', code: 'NO_WORKERS_AVAILABLE', pools: ['eu', undefined] });
  ended({ connector: 'umbrella', result: 'not_sent', code: 'NO_WORKERS_AVAILABLE', pools: ['eu', 'us'] });
  ended({ operation: 'capture' });
  expect(byOperation(outcomes.within(MINUTE_MS))).toMatchObject([
    {
      operation: 'authorize',
      calls: 2,
      codes: { NO_WORKERS_AVAILABLE: 2 },
      poolsWithoutWorkers: new Set(['eu', undefined, 'us']),
    },
    { operation: 'capture', calls: 1 },
  ]);
});

it('keeps room for so many connectors, and counts the others together', () => {
  const { outcomes, ended } = scene();
  for (let number = 0; number < 600; number++) ended({ connector: `c${number}` });
  const routes = outcomes.within(MINUTE_MS);
  expect(routes).toHaveLength(501);
  expect(routes.find(({ connector }) => connector === 'other')?.calls).toBe(100);
});
