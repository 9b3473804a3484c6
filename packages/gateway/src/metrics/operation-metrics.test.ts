import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { createOperationMetrics } from './operation-metrics.js';

const route = (connector: string) => ({ operation: 'authorize', connector }) as const;

it('shows the worst breaker of those that share a label', async () => {
  const register = new Registry();
  const { observe } = createOperationMetrics(register);
  observe({ type: 'breaker_changed', ...route('no name'), state: 'open' });
  observe({ type: 'breaker_changed', ...route('no name either'), state: 'half_open' });
  observe({ type: 'call_began', ...route('stripe') });
  const states = async () =>
    (await register.metrics())
      .split('\n')
      .filter((line) => line.startsWith('nats_bridge_circuit_breaker_state'));
  expect(await states()).toEqual([
    'nats_bridge_circuit_breaker_state{operation="authorize",connector="other"} 2',
    'nats_bridge_circuit_breaker_state{operation="authorize",connector="stripe"} 0',
  ]);
  observe({ type: 'breaker_changed', ...route('no name'), state: 'closed' });
  expect((await states())[0]).toMatch(/ 1$/);
});

it('counts calls by route, result and code, and those in flight', async () => {
  const register = new Registry();
  const { observe } = createOperationMetrics(register);
  const ids = { merchantId: 'm', paymentId: 'p', attemptId: 'a', correlationId: 'c' };
  const marks = { begunAt: 0, at: 0 };
  const end = (connector: string, result: 'success' | 'unknown', code?: 'NATS_TIMEOUT' | 'INTERNAL_ERROR') =>
    observe({ type: 'call_ended', ...route(connector), result, code, durationMs: 20, marks, ids });
  for (let call = 0; call < 5; call++) observe({ type: 'call_began', ...route('stripe') });
  end('stripe', 'success');
  end('stripe', 'success');
  end('stripe', 'unknown', 'NATS_TIMEOUT');
  end('stripe', 'unknown', 'INTERNAL_ERROR');
  const lines = (await register.metrics()).split('\n');
  const of = (name: string) => lines.filter((line) => line.startsWith(`nats_bridge_${name}`));
  const labels = 'operation="authorize",connector="stripe"';
  expect(of('operations_in_flight')).toEqual([`nats_bridge_operations_in_flight{${labels}} 1`]);
  expect(of('operations_total')).toEqual([
    `nats_bridge_operations_total{${labels},result="success",code=""} 2`,
    `nats_bridge_operations_total{${labels},result="unknown",code="NATS_TIMEOUT"} 1`,
    `nats_bridge_operations_total{${labels},result="unknown",code="INTERNAL_ERROR"} 1`,
  ]);
  expect(of('operation_duration_seconds_count')).toEqual([
    `nats_bridge_operation_duration_seconds_count{result="success",${labels}} 2`,
    `nats_bridge_operation_duration_seconds_count{result="unknown",${labels}} 2`,
  ]);
});
