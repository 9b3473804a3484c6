/** Lines over time (uPlot), in the colours of the theme. */
import 'uplot/dist/uPlot.min.css';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { useConsole } from '../console-context.js';

export type ChartLine = {
  readonly title: string;
  readonly values: readonly (number | null)[];
  /** The custom property that holds its colour. */
  readonly ink: string;
  readonly isFilled?: boolean;
  readonly isDashed?: boolean;
};
export type TimeChartProps = {
  readonly seconds: readonly number[];
  readonly lines: readonly ChartLine[];
  readonly label: string;
};

/** As wide as it is at least, however little is known yet. */
const LEAST_SECONDS = 60;

export function TimeChart({ seconds, lines, label }: TimeChartProps) {
  const { theme } = useConsole();
  const isDark = theme.isDark.value;
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot>(undefined);
  const shape = lines.map(({ title }) => title).join();
  const data = [seconds, ...lines.map(({ values }) => values)] as uPlot.AlignedData;

  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const made = new uPlot(optionsFor(element, lines), data, element);
    chart.current = made;
    const observer = new ResizeObserver(() => made.setSize(sizeOf(element)));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
    };
  }, [shape, isDark]);

  useEffect(() => chart.current?.setData(data));
  return (
    <figure class="chart">
      <figcaption class="chart-key">
        {lines.map(({ title, ink, isDashed }) => (
          <span key={title}>
            <svg viewBox="0 0 20 4" aria-hidden="true">
              <path d="M0 2h20" class={`chart-ink${ink}`} stroke-dasharray={isDashed ? '4 3' : undefined} />
            </svg>
            {title}
          </span>
        ))}
      </figcaption>
      <div ref={place} class="chart-place" role="img" aria-label={label} />
    </figure>
  );
}

function sizeOf({
  clientWidth: width,
  clientHeight: height,
}: HTMLElement): Pick<uPlot.Options, 'width' | 'height'> {
  return { width, height };
}

function optionsFor(element: HTMLElement, lines: readonly ChartLine[]): uPlot.Options {
  const style = getComputedStyle(element);
  const ink = (name: string) => style.getPropertyValue(name).trim();
  const axis = {
    stroke: ink('--ink-soft'),
    font: '11px system-ui, sans-serif',
    grid: { stroke: ink('--line'), width: 1 },
    ticks: { show: false },
  };
  return {
    ...sizeOf(element),
    legend: { show: false },
    cursor: { show: false },
    padding: [8, 8, 0, 0],
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1_000), 'UTC'),
    scales: {
      x: { range: (_, min, max) => [Math.min(min, max - LEAST_SECONDS), max] },
      y: { range: (_, __, max) => [0, max > 0 ? max * 1.1 : 1] },
    },
    axes: [
      {
        ...axis,
        values: (_, ticks, __, ___, step) =>
          ticks.map((tick) => new Date(tick * 1_000).toISOString().slice(11, step < 60 ? 19 : 16)),
        space: 70,
        incrs: [15, 30, 60, 120, 300],
        size: 26,
        gap: 8,
      },
      { ...axis, size: 44, space: 26 },
    ],
    series: [
      {},
      ...lines.map(({ title, ink: name, isFilled, isDashed }) => ({
        label: title,
        stroke: ink(name),
        width: 1.5,
        points: { show: false },
        spanGaps: true,
        ...(isFilled && { fill: `${ink(name)}22` }),
        ...(isDashed && { dash: [4, 3] }),
      })),
    ],
  };
}
