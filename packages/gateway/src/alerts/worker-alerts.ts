/** Alerts of workers: who is gone, who has too much in hand, whose handlers throw. */
import { type AlertRule, MINUTE_MS, percent } from './alert-rule.js';

/** Of fewer runs, a share says nothing. */
const FEW_RUNS = 20;

export const WORKER_ALERTS: readonly AlertRule[] = [
  {
    name: 'NatsBridgeWorkerDisconnected',
    severity: 'warning',
    forMs: 5 * MINUTE_MS,
    runbook: 'docs/runbooks/worker-disconnected.md',
    holds: ({ workers }) =>
      workers
        .filter(({ alive, most }) => alive < most)
        .map(({ worker, operation, alive }) => ({
          labels: { worker, operation },
          summary: `fewer processes of the worker ${worker} answer ${operation} than before: ${alive}`,
        })),
  },
  {
    name: 'NatsBridgeWorkersSaturated',
    severity: 'warning',
    forMs: 5 * MINUTE_MS,
    runbook: 'docs/runbooks/workers-saturated.md',
    holds({ figures }) {
      const loads = new Map<string, Load>();
      for (const { worker, operation, capacity, inFlight } of figures?.workers ?? []) {
        const key = `${worker} ${operation}`;
        const load = loads.get(key) ?? { worker, operation, capacity: 0, inFlight: 0 };
        load.capacity += capacity;
        load.inFlight += inFlight ?? 0;
        loads.set(key, load);
      }
      return [...loads.values()]
        .filter(({ capacity, inFlight }) => inFlight / capacity > 0.9)
        .map(({ worker, operation, capacity, inFlight }) => ({
          labels: { worker, operation },
          summary: `the workers ${worker} have ${percent(inFlight / capacity)} of what they can take of ${operation}`,
        }));
    },
  },
  {
    name: 'NatsBridgeHandlersFail',
    severity: 'warning',
    forMs: 5 * MINUTE_MS,
    runbook: 'docs/runbooks/handlers-fail.md',
    holds: ({ handlers }) =>
      handlers
        .filter(({ runs, errors }) => runs >= FEW_RUNS && errors / runs > 0.05)
        .map(({ operation, runs, errors }) => ({
          labels: { operation },
          summary: `${percent(errors / runs)} of the runs of ${operation} end with an exception`,
        })),
  },
];

type Load = { readonly worker: string; readonly operation: string; capacity: number; inFlight: number };
