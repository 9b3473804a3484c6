/** The first line of the overview: do payments flow? What is said is decided by the gateway. */
import type { ApiError } from '../api/client.js';
import type { Overview } from '../api/types.js';
import { percent, plural, rate } from '../format/number.js';
import { clockSeconds } from '../format/time.js';

export type Headline = {
  readonly tone: 'good' | 'quiet' | 'warning' | 'critical';
  readonly text: string;
  readonly detail: string;
};

export function headlineOf(overview: Overview): Headline {
  const { standing, alerts, letters, operations, window_s, throughput_per_s } = overview;
  const calls = operations.reduce((total, figures) => total + figures.calls, 0);
  const per = `in ${window_s} s`;
  const say = (text: string, detail: string) => ({ tone: standing.tone, text, detail });
  const share = percent(standing.share ?? 0);
  const flow = `${rate(throughput_per_s)} a second, ${plural(calls, 'call')} ${per}.`;
  switch (standing.is) {
    case 'broker_away':
      return say('NATS is not connected.', 'No payment can be taken until it is.');
    case 'broker_silent':
      return say('NATS does not answer.', 'It is connected, and says nothing of streams and workers.');
    case 'no_workers':
      return say('No worker is there.', 'Calls are answered as failed at once.');
    case 'failing':
      return say(
        'Payments fail.',
        `${share} of ${plural(calls, 'call')} ${per} had no answer from a worker.`,
      );
    case 'declining':
      return say('Payments flow, and many are declined.', `${share} of ${plural(calls, 'call')} ${per}.`);
    case 'alerts': {
      const start = calls > 0 ? 'Payments flow, with' : 'No payments now, and';
      return say(`${start} ${plural(alerts.length, 'alert')}.`, flow);
    }
    case 'interventions': {
      const start = calls > 0 ? 'Payments flow' : 'No payments now';
      const one = letters.interventions === 1;
      return say(
        `${start}, and ${plural(letters.interventions, 'intervention')} ${one ? 'waits' : 'wait'} for a person.`,
        flow,
      );
    }
    case 'quiet':
      return say('All is quiet.', `No calls ${per}; everything is ready for them.`);
    case 'flowing':
      return say('Payments flow.', flow);
  }
}

/** When the gateway itself says nothing any more: what is shown is old. */
export function lostHeadline(problem: ApiError, at: string): Headline {
  return {
    tone: 'critical',
    text: `Not live: this is of ${clockSeconds(at)} UTC.`,
    detail: problem.message,
  };
}
