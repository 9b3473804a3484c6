/** The first line of the overview: do payments flow? */
import type { Overview } from '../api/types.js';
import { percent, plural, rate } from '../format/number.js';

export type Headline = {
  readonly tone: 'good' | 'plain' | 'warn' | 'bad';
  readonly text: string;
  readonly detail: string;
};

/** Shares of calls without a good end from which it is said. */
const FAILING = 0.2;
const ENOUGH_CALLS = 10;

/** The worst thing that is true. */
export function headlineOf(overview: Overview): Headline {
  const { path, alerts, operations, window_s, throughput_per_s } = overview;
  const calls = sum(operations, 'calls');
  const lost = sum(operations, 'not_sent') + sum(operations, 'unknown');
  const declined = sum(operations, 'failure');
  const per = `in ${window_s} s`;
  if (!path.broker.connected)
    return { tone: 'bad', text: 'NATS is not connected.', detail: 'No payment can be taken until it is.' };
  if (path.workers.alive === 0)
    return { tone: 'bad', text: 'No worker is there.', detail: 'Calls are answered as failed at once.' };
  if (calls >= ENOUGH_CALLS && lost / calls >= FAILING)
    return {
      tone: 'bad',
      text: 'Payments fail.',
      detail: `${percent(lost / calls)} of ${plural(calls, 'call')} ${per} had no answer from a worker.`,
    };
  if (calls >= ENOUGH_CALLS && declined / calls >= FAILING)
    return {
      tone: 'warn',
      text: 'Payments flow, and many are declined.',
      detail: `${percent(declined / calls)} of ${plural(calls, 'call')} ${per}.`,
    };
  const detail = `${rate(throughput_per_s)} a second, ${plural(calls, 'call')} ${per}.`;
  if (alerts.length > 0) {
    const tone = alerts.some(({ severity }) => severity === 'critical') ? 'bad' : 'warn';
    const start = calls > 0 ? 'Payments flow, with' : 'No payments now, and';
    return { tone, text: `${start} ${plural(alerts.length, 'alert')}.`, detail };
  }
  if (calls === 0)
    return { tone: 'plain', text: 'All is quiet.', detail: `No calls ${per}; everything is ready for them.` };
  return { tone: 'good', text: 'Payments flow.', detail };
}

function sum(operations: Overview['operations'], name: 'calls' | 'failure' | 'unknown' | 'not_sent'): number {
  return operations.reduce((total, figures) => total + figures[name], 0);
}
