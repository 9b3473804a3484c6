/** What top has seen of a gateway, and the first thing to say of it. */
import type {
  BreakersAnswer,
  Overview,
  SecondPoint,
  StreamsAnswer,
  WorkersAnswer,
} from '@nats-bridge/gateway/admin-types';
import { count, percent, plural, rate } from '../output/numbers.js';

export type Sight = {
  readonly url: string;
  readonly overview: Overview;
  /** Seconds, oldest first. */
  readonly series: readonly SecondPoint[];
  /** undefined: the broker does not answer. */
  readonly workers: WorkersAnswer | undefined;
  readonly streams: StreamsAnswer | undefined;
  /** With the rate limits. undefined: the gateway did not say. */
  readonly breakers: BreakersAnswer | undefined;
  /** Since when nobody answers, and why; what is shown is of before. */
  readonly lost?: { readonly since: Date; readonly why: string };
};

export type Headline = { readonly tone: 'green' | 'yellow' | 'red' | 'bold'; readonly text: string };

const TONES = { good: 'green', quiet: 'bold', warning: 'yellow', critical: 'red' } as const;

/** The worst thing that is true, as the gateway has decided it. */
export function headlineOf({ overview, lost }: Sight): Headline {
  if (lost !== undefined)
    return {
      tone: 'red',
      text: `The gateway does not answer since ${lost.since.toTimeString().slice(0, 8)}`,
    };
  return { tone: TONES[overview.standing.tone], text: wordsOf(overview) };
}

function wordsOf({ standing, alerts, letters, operations, window_s, throughput_per_s }: Overview): string {
  const calls = operations.reduce((total, figures) => total + figures.calls, 0);
  const share = percent(standing.share ?? 0);
  switch (standing.is) {
    case 'broker_away':
      return 'NATS is not connected: no payment can be taken';
    case 'broker_silent':
      return 'NATS does not answer';
    case 'no_workers':
      return 'No worker is there: calls fail at once';
    case 'failing':
      return `Payments fail: ${share} had no answer`;
    case 'declining':
      return `Payments flow, ${share} are declined`;
    case 'alerts':
      return `${calls > 0 ? 'Payments flow, with' : 'No payments now, and'} ${plural(alerts.length, 'alert')}`;
    case 'interventions':
      return `${calls > 0 ? 'Payments flow' : 'No payments now'}, and ${plural(letters.interventions, 'intervention')} for a person`;
    case 'quiet':
      return `All is quiet: no calls in ${window_s} s`;
    case 'flowing':
      return `Payments flow: ${rate(throughput_per_s)} a second, ${count(calls)} in ${window_s} s`;
  }
}
