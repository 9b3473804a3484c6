/** What the bridge itself says is wrong, worst first, each with its runbook. */
import type { Alert } from '../api/types.js';
import { useConsole } from '../console-context.js';
import { ago } from '../format/time.js';
import { EmptyState } from '../parts/empty-state.js';
import { Mark } from '../parts/mark.js';

export function AlertList({ alerts }: { readonly alerts: readonly Alert[] }) {
  const { router } = useConsole();
  if (alerts.length === 0)
    return (
      <EmptyState icon="check" title="No alert fires.">
        The bridge checks its own rules each few seconds.
      </EmptyState>
    );
  const worstFirst = [...alerts].sort(
    (a, b) => a.severity.localeCompare(b.severity) || a.since.localeCompare(b.since),
  );
  return (
    <ul class="alerts">
      {worstFirst.map((alert) => (
        <li key={`${alert.name} ${JSON.stringify(alert.labels)}`} class={`alert alert-${alert.severity}`}>
          <Mark
            tone={alert.severity === 'critical' ? 'bad' : 'warn'}
            icon={alert.severity === 'critical' ? 'critical' : 'warning'}
            word={alert.severity}
          />
          <p class="alert-summary">{alert.summary}</p>
          <p class="alert-labels">
            {alert.name} · {ago(alert.since, Date.now())}
            {Object.entries(alert.labels).map(([name, value]) => (
              <span key={name}>
                {' '}
                · {name} {value}
              </span>
            ))}
          </p>
          <a href={router.href(alert.runbook.replace(/^docs/, ''))} target="_blank" rel="noreferrer">
            Runbook<span class="unseen"> for {alert.name}</span>
          </a>
        </li>
      ))}
    </ul>
  );
}
