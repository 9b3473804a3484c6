/** What top has seen of a gateway, and the first thing to say of it. */
import type { Overview, SecondPoint, StreamsAnswer, WorkersAnswer } from '@nats-bridge/gateway/admin-types';
import { count, percent, plural, rate } from './numbers.js';

export type Sight = {
  readonly url: string;
  readonly overview: Overview;
  /** Seconds, oldest first. */
  readonly series: readonly SecondPoint[];
  /** undefined: the broker does not answer. */
  readonly workers: WorkersAnswer | undefined;
  readonly streams: StreamsAnswer | undefined;
  /** Since when nobody answers, and why; what is shown is of before. */
  readonly lost?: { readonly since: Date; readonly why: string };
};

export type Headline = { readonly tone: 'green' | 'yellow' | 'red' | 'bold'; readonly text: string };

/** Shares of calls without a good end from which it is said, as in the console. */
const FAILING = 0.2;
const ENOUGH_CALLS = 10;

/** The worst thing that is true. */
export function headlineOf({ overview, lost }: Sight): Headline {
  const { path, alerts, operations, window_s, throughput_per_s } = overview;
  const sum = (name: 'calls' | 'failure' | 'unknown' | 'not_sent') =>
    operations.reduce((total, figures) => total + figures[name], 0);
  const calls = sum('calls');
  const unanswered = sum('not_sent') + sum('unknown');
  const many = calls >= ENOUGH_CALLS;
  if (lost !== undefined)
    return {
      tone: 'red',
      text: `The gateway does not answer since ${lost.since.toTimeString().slice(0, 8)}`,
    };
  if (!path.broker.connected) return { tone: 'red', text: 'NATS is not connected: no payment can be taken' };
  // Then nothing is known of workers and streams either.
  if (path.broker.rtt_ms === null) return { tone: 'red', text: 'NATS does not answer' };
  if (path.workers.alive === 0) return { tone: 'red', text: 'No worker is there: calls fail at once' };
  if (many && unanswered / calls >= FAILING)
    return { tone: 'red', text: `Payments fail: ${percent(unanswered / calls)} had no answer` };
  if (many && sum('failure') / calls >= FAILING)
    return { tone: 'yellow', text: `Payments flow, ${percent(sum('failure') / calls)} are declined` };
  if (alerts.length > 0) {
    const tone = alerts.some(({ severity }) => severity === 'critical') ? 'red' : 'yellow';
    const start = calls > 0 ? 'Payments flow, with' : 'No payments now, and';
    return { tone, text: `${start} ${plural(alerts.length, 'alert')}` };
  }
  if (calls === 0) return { tone: 'bold', text: `All is quiet: no calls in ${window_s} s` };
  return {
    tone: 'green',
    text: `Payments flow: ${rate(throughput_per_s)} a second, ${count(calls)} in ${window_s} s`,
  };
}
