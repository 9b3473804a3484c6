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

it('counts what the door refused as not sent', async () => {
  const register = new Registry();
  createOperationMetrics(register).refused(route('stripe'), 'OVERLOADED');
  expect(await register.metrics()).toContain(
    'nats_bridge_operations_total{operation="authorize",connector="stripe",result="not_sent",code="OVERLOADED"} 1',
  );
});
