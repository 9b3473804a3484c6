/** What an alert is: when it holds, for how long it has to, and how bad it is. */
import type { Sight } from './sight.js';

export type Condition = { readonly labels: Readonly<Record<string, string>>; readonly summary: string };

export type AlertRule = {
  readonly name: string;
  readonly severity: 'critical' | 'warning';
  /** How long it must hold before it is said. */
  readonly forMs: number;
  readonly runbook: string;
  /** Everything it holds for at this moment. */
  holds(sight: Sight): readonly Condition[];
};

export const MINUTE_MS = 60_000;
export const DAY_MS = 86_400_000;

export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
