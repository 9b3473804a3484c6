/** The live feed: the overview each second and payments as they change, for as long as the console is open. */
import { type Signal, signal } from '@preact/signals';
import { type Api, ApiError } from '../api/client.js';
import type { Overview, PaymentRow, SecondPoint } from '../api/types.js';
import { createEventParser, type ServerEvent } from './event-stream.js';

export type LiveState = 'connecting' | 'live' | 'lost';

export type LiveFeed = {
  readonly state: Signal<LiveState>;
  /** Why it is not live. */
  readonly problem: Signal<ApiError | undefined>;
  readonly overview: Signal<Overview | undefined>;
  /** One point a second, at most the last five minutes. */
  readonly series: Signal<readonly SecondPoint[]>;
  /** Gives what stops the listening. */
  onPayment(listener: (row: PaymentRow) => void): () => void;
  /** Tries at once, where it is lost. */
  retry(): void;
  close(): void;
};

const SERIES_LENGTH = 300;
/** The bridge says something at least every 15 s. */
const SILENCE_MS = 20_000;
const RECONNECT_MS = 2_000;
const CUT = new ApiError(
  0,
  'UNREACHABLE',
  'The bridge has ended the live feed. It may be restarting, or stopped.',
);

export function startLiveFeed(api: Api): LiveFeed {
  const state = signal<LiveState>('connecting');
  const problem = signal<ApiError | undefined>(undefined);
  const overview = signal<Overview | undefined>(undefined);
  const series = signal<readonly SecondPoint[]>([]);
  const listeners = new Set<(row: PaymentRow) => void>();
  const closing = new AbortController();
  let retry = () => {};

  const take = ({ event, data }: ServerEvent) => {
    if (event === 'overview') {
      const { point, ...rest } = JSON.parse(data) as Overview & { readonly point?: SecondPoint };
      overview.value = rest;
      if (point !== undefined) series.value = appendPoint(series.value, point);
    } else if (event === 'payment') {
      const row = JSON.parse(data) as PaymentRow;
      for (const listener of listeners) listener(row);
    }
  };

  const follow = async () => {
    const { series: past, ...now } = await api.get<Overview & { readonly series: readonly SecondPoint[] }>(
      '/overview',
      {},
      closing.signal,
    );
    overview.value = now;
    series.value = past.slice(-SERIES_LENGTH);
    const silence = new AbortController();
    const { body } = await api.open('/live', {}, AbortSignal.any([closing.signal, silence.signal]));
    if (body === null) return;
    state.value = 'live';
    problem.value = undefined;
    const parse = createEventParser();
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const timer = setTimeout(() => silence.abort(), SILENCE_MS);
      const { value, done } = await reader.read().finally(() => clearTimeout(timer));
      if (done) return;
      for (const event of parse(value)) take(event);
    }
  };

  void (async () => {
    while (!closing.signal.aborted) {
      const fault: unknown = await follow().catch((reason: unknown) => reason);
      if (closing.signal.aborted) return;
      problem.value = fault instanceof ApiError ? fault : CUT;
      state.value = 'lost';
      await new Promise<void>((resolve) => {
        retry = resolve;
        setTimeout(resolve, RECONNECT_MS);
      });
    }
  })();

  return {
    state,
    overview,
    series,
    problem,
    retry: () => retry(),
    onPayment: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => closing.abort(),
  };
}

/** A second that is there already is said again, not twice. */
function appendPoint(series: readonly SecondPoint[], point: SecondPoint): readonly SecondPoint[] {
  return [...series.filter(({ at }) => at < point.at), point].slice(-SERIES_LENGTH);
}
