/** The last five minutes: calls and failures a second, and how long 95 % took. */
import { useSession } from '../console-context.js';
import { plural } from '../format/number.js';
import { milliseconds } from '../format/time.js';
import { Panel } from '../parts/panel.js';
import { TimeChart } from './time-chart.js';

export function FlowChart() {
  const { live } = useSession();
  const series = live.series.value;
  const seconds = series.map(({ at }) => Math.floor(Date.parse(at) / 1_000));
  const calls = series.map((point) => point.calls);
  const failures = series.map((point) => point.failures);
  const p95 = series.map((point) => point.p95_ms);
  const total = calls.reduce((sum, value) => sum + value, 0);
  const failed = failures.reduce((sum, value) => sum + value, 0);
  const slowest = Math.max(0, ...p95.map((value) => value ?? 0));
  return (
    <Panel title="Last five minutes">
      <div class="charts">
        <TimeChart
          seconds={seconds}
          lines={[
            { title: 'calls a second', values: calls, ink: '--accent', isFilled: true },
            { title: 'failures a second', values: failures, ink: '--bad', isDashed: true },
          ]}
          label={`${plural(total, 'call')} and ${plural(failed, 'failure')} in the last five minutes`}
        />
        <TimeChart
          seconds={seconds}
          lines={[{ title: 'p95, ms', values: p95, ink: '--ink-soft' }]}
          label={`95 % of calls took at most ${milliseconds(slowest)} in every second`}
        />
      </div>
    </Panel>
  );
}
