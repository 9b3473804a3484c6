/** How it stands: the worst thing that is true. Decided here once; the console and `top` put it into words. Pure. */
import type { Overview } from './schema/overview.js';

export type Standing = Overview['standing'];
export type StandingFacts = Pick<Overview, 'operations' | 'path'> & {
  readonly letters: Pick<Overview['letters'], 'interventions'>;
  readonly alerts: readonly Pick<Overview['alerts'][number], 'severity'>[];
};

/** Shares of the window's calls from which it is said. */
const FAILING = 0.2;
const ENOUGH_CALLS = 10;

export function standingOf({ operations, path, letters, alerts }: StandingFacts): Standing {
  const sum = (name: 'calls' | 'failure' | 'unknown' | 'not_sent') =>
    operations.reduce((total, figures) => total + figures[name], 0);
  const calls = sum('calls');
  const isMany = (share: number) => calls >= ENOUGH_CALLS && share >= FAILING;
  const unanswered = (sum('not_sent') + sum('unknown')) / calls;
  const declined = sum('failure') / calls;
  if (!path.broker.connected) return { is: 'broker_away', tone: 'critical', share: null };
  // Then nothing is known of workers and streams either.
  if (path.broker.rtt_ms === null) return { is: 'broker_silent', tone: 'critical', share: null };
  if (!path.workers.is_anybody_there) return { is: 'no_workers', tone: 'critical', share: null };
  if (isMany(unanswered)) return { is: 'failing', tone: 'critical', share: thousandths(unanswered) };
  if (isMany(declined)) return { is: 'declining', tone: 'warning', share: thousandths(declined) };
  if (alerts.length > 0) {
    const isCritical = alerts.some(({ severity }) => severity === 'critical');
    return { is: 'alerts', tone: isCritical ? 'critical' : 'warning', share: null };
  }
  // Before that becomes an alert, which is when it waits for a minute.
  if (letters.interventions > 0) return { is: 'interventions', tone: 'warning', share: null };
  if (calls === 0) return { is: 'quiet', tone: 'quiet', share: null };
  return { is: 'flowing', tone: 'good', share: null };
}

/** 14 of 33 in full has sixteen digits, as a card has. */
function thousandths(share: number): number {
  return Math.round(share * 1_000) / 1_000;
}
