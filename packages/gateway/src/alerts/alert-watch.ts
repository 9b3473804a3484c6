/** Looks again and again, and says which alerts have held for long enough. */
import type { AlertRule } from './alert-rule.js';
import { ALERT_RULES } from './alert-rules.js';
import type { Sight } from './sight.js';

export type FiringAlert = {
  readonly name: string;
  readonly severity: AlertRule['severity'];
  /** Milliseconds since the epoch: since when it holds. */
  readonly since: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly summary: string;
  readonly runbook: string;
};

export type AlertWatch = {
  /** What fires now, the worst and oldest first. */
  firing(): readonly FiringAlert[];
  /** Takes what is seen at `now`. */
  look(sight: Sight, now: number): void;
};

/** @param onChange told when one begins to fire, and when it ends */
export function createAlertWatch(
  onChange: (alert: FiringAlert, state: 'firing' | 'resolved') => void = () => {},
  rules: readonly AlertRule[] = ALERT_RULES,
): AlertWatch {
  let held = new Map<string, { readonly alert: FiringAlert; readonly isFiring: boolean }>();

  return {
    firing: () =>
      [...held.values()]
        .filter(({ isFiring }) => isFiring)
        .map(({ alert }) => alert)
        .sort((a, b) => a.severity.localeCompare(b.severity) || a.since - b.since),
    look(sight, now) {
      const holds = new Map<string, { readonly alert: FiringAlert; readonly isFiring: boolean }>();
      for (const { name, severity, runbook, forMs, holds: find } of rules)
        for (const { labels, summary } of find(sight)) {
          const id = JSON.stringify([name, labels]);
          const before = held.get(id);
          const since = before?.alert.since ?? now;
          const alert = { name, severity, since, labels, summary, runbook };
          const isFiring = now - since >= forMs;
          if (isFiring && !before?.isFiring) onChange(alert, 'firing');
          holds.set(id, { alert, isFiring });
        }
      for (const [id, { alert, isFiring }] of held)
        if (isFiring && !holds.has(id)) onChange(alert, 'resolved');
      held = holds;
    },
  };
}
