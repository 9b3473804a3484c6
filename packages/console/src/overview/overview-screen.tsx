/** Do payments flow? Whom does it hurt? What waits? Live, each second. */
import { useSession } from '../console-context.js';
import { count, plural, rate } from '../format/number.js';
import { milliseconds } from '../format/time.js';
import { Icon } from '../parts/icon.js';
import { Panel } from '../parts/panel.js';
import { Problem } from '../parts/problem.js';
import { Skeleton } from '../parts/skeleton.js';
import { AlertPanel } from './alert-panel.js';
import { FlowChart } from './flow-chart.js';
import { headlineOf, lostHeadline } from './headline.js';
import { KeyFigure } from './key-figure.js';
import { OperationTable } from './operation-table.js';
import { Topology } from './topology.js';

const HEADLINE_ICONS = { good: 'check', quiet: 'clock', warning: 'warning', critical: 'critical' } as const;

export function OverviewScreen() {
  const { live } = useSession();
  const overview = live.overview.value;
  const problem = live.problem.value;
  if (overview === undefined)
    return (
      <>
        <h1>Overview</h1>
        {problem === undefined ? (
          <Skeleton lines={14} label="Loading the overview" />
        ) : (
          <Problem error={problem} onRetry={live.retry} />
        )}
      </>
    );
  const headline = problem === undefined ? headlineOf(overview) : lostHeadline(problem, overview.at);
  const { latency_ms: latency, letters, alerts } = overview;
  const waiting = letters.dead_letters + letters.interventions;
  return (
    <>
      <h1 class="unseen">Overview</h1>
      <div class={`headline headline-${headline.tone}`}>
        <Icon name={HEADLINE_ICONS[headline.tone]} />
        <p class="headline-text">{headline.text}</p>
        <p class="headline-detail">{headline.detail}</p>
      </div>
      <dl class="figures">
        <KeyFigure name="Calls a second" value={rate(overview.throughput_per_s)} />
        <KeyFigure name="Half within" note="p50" value={milliseconds(latency.p50)} />
        <KeyFigure name="95 % within" note="p95" value={milliseconds(latency.p95)} />
        <KeyFigure name="99 % within" note="p99" value={milliseconds(latency.p99)} />
        <KeyFigure
          name="In flight"
          value={count(overview.in_flight)}
          note={`of ${count(overview.in_flight_limit)}`}
        />
        <KeyFigure
          name="Letters waiting"
          value={count(waiting)}
          note={
            letters.interventions > 0 ? plural(letters.interventions, 'intervention') : 'no interventions'
          }
          to="/letters"
          isUrgent={letters.interventions > 0}
        />
      </dl>
      <Panel title="The way of a payment" class="panel-topology">
        <Topology overview={overview} />
      </Panel>
      <div class="columns columns-watch">
        <AlertPanel alerts={alerts} />
        <FlowChart />
      </div>
      <Panel title="Operations" note={`last ${overview.window_s} s`}>
        <OperationTable operations={overview.operations} />
      </Panel>
    </>
  );
}
