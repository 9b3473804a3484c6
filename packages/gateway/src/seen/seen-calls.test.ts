import type { Observation, Observe } from '@nats-bridge/connector';
import { expect, it } from 'vitest';
import { createSeenCalls } from './seen-calls.js';

function scene(most: number) {
  let tell: Observe = () => {};
  const observe = (observer: Observe) => {
    tell = observer;
    return () => {};
  };
  const calls = createSeenCalls({ observe }, most);
  const ended = (correlationId: string, paymentId: string): Observation => ({
    type: 'call_ended',
    operation: 'authorize',
    connector: 'c',
    result: 'success',
    durationMs: 5,
    marks: { begunAt: 1, at: 0 },
    ids: { merchantId: 'm', paymentId, attemptId: 'a', correlationId },
  });
  const idsOf = (payment: string) => calls.ofPayment('m', payment).map(({ ids }) => ids.correlationId);
  return { calls, tell: (observation: Observation) => tell(observation), ended, idsOf };
}

it('keeps the newest calls, and forgets a payment with its last', () => {
  const { tell, ended, idsOf } = scene(3);
  for (const [id, payment] of [
    ['1', 'p'],
    ['2', 'p'],
    ['3', 'q'],
    ['4', 'q'],
    ['5', 'q'],
  ] as const)
    tell(ended(id, payment));
  expect(idsOf('p')).toEqual([]);
  expect(idsOf('q')).toEqual(['3', '4', '5']);
});

it('puts the times of the gRPC call beside it, of the calls that it knows', () => {
  const { calls, tell, ended } = scene(3);
  tell(ended('1', 'p'));
  const rpc = { begunAt: 0, readAt: 1, endedAt: 7 };
  calls.answered('1', rpc);
  calls.answered('unknown', rpc);
  expect(calls.ofPayment('m', 'p')).toMatchObject([{ rpc, endedAt: 6, connector: 'c' }]);
});
