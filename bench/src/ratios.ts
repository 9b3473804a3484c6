/** How near the library and the whole way come to their floors; of each round, then the median. */
import type { CaseName } from './cases.js';
import { median } from './load.js';
import type { Size } from './payment.js';
import type { Results, Round } from './rounds.js';

type Ratio = {
  readonly inFlight: 1 | 64;
  readonly of: (round: Round) => number;
  /** What must hold. */
  readonly target: readonly ['at least' | 'at most', number];
};

const perSecond = (round: Round, name: CaseName) => round[name]?.perSecond ?? Number.NaN;
const p50 = (round: Round, name: CaseName) => round[name]?.p50Ms ?? Number.NaN;

/** Throughput of a way ÷ that of another, at 64 in flight. */
const throughput = (way: CaseName, other: CaseName, least: number): Ratio => ({
  inFlight: 64,
  of: (round) => perSecond(round, way) / perSecond(round, other),
  target: ['at least', least],
});

/** Throughput of a way ÷ F at 64 in flight, where F = 1 / (1/gRPC + 1/NATS) is the two floors in series. */
const throughputInSeries = (way: CaseName, floor: CaseName, least: number): Ratio => ({
  inFlight: 64,
  of: (round) => perSecond(round, way) * (1 / perSecond(round, 'floor_grpc') + 1 / perSecond(round, floor)),
  target: ['at least', least],
});

/** p50 of a way alone ÷ (p50 of gRPC + p50 of a floor of NATS), each measured by itself. */
const latencyToSum = (way: CaseName, floor: CaseName, most: number): Ratio => ({
  inFlight: 1,
  of: (round) => p50(round, way) / (p50(round, 'floor_grpc') + p50(round, floor)),
  target: ['at most', most],
});

/** p50 of a way alone ÷ p50 of the two floors as one way: a bare gRPC server that answers when bare NATS has. */
const latencyToSeries = (way: CaseName, series: CaseName, most: number): Ratio => ({
  inFlight: 1,
  of: (round) => p50(round, way) / p50(round, series),
  target: ['at most', most],
});

/**
 * A question (`asked`) is stored once, as in the bare floors; what moves money is stored three times (`promised`), and
 * is compared with bare writers of the same three.
 */
const RATIOS = {
  whole_throughput: throughputInSeries('whole_asked', 'floor_jetstream', 0.7),
  whole_p50: latencyToSum('whole_asked', 'floor_jetstream', 1.4),
  whole_p50_series: latencyToSeries('whole_asked', 'floor_series', 1.4),
  library_durable: throughput('library_asked', 'floor_jetstream', 0.8),
  // The copy that the server makes of each request is part of the promise, and in no bare floor.
  library_archived: throughput('library_asked', 'floor_archived', 0.8),
  library_core: throughput('library_core', 'floor_core', 0.8),
  promised_throughput: throughputInSeries('whole', 'floor_writes', 0.7),
  promised_library: throughput('library_durable', 'floor_writes', 0.7),
  promised_p50: latencyToSum('whole', 'floor_writes', 1.5),
  promised_p50_series: latencyToSeries('whole', 'floor_writes_series', 1.5),
  promised_throughput_flushed: throughputInSeries('whole_flushed', 'floor_writes_flushed', 0.7),
  promised_p50_flushed: latencyToSum('whole_flushed', 'floor_writes_flushed', 1.5),
  promised_p50_flushed_series: latencyToSeries('whole_flushed', 'floor_writes_flushed_series', 1.5),
  // What they cost stays what it is, 0.1 and 0.4 ms of a payment, while everything else becomes quicker.
  sealed_throughput: throughput('whole_sealed', 'whole', 0.7),
  signed_throughput: throughput('whole_signed', 'whole', 0.45),
  sealed_signed_throughput: throughput('whole_sealed_signed', 'whole', 0.4),
  // Metrics, log and a tenth of the calls traced.
  observed_throughput: throughput('whole_observed', 'whole_bare', 0.95),
} as const satisfies Record<string, Ratio>;

export type RatioName = keyof typeof RATIOS;
/** null: not measured. */
export type Ratios = Readonly<Record<RatioName, number | null>>;

export function ratiosOf(results: Results, size: Size): Ratios {
  const entries = Object.entries<Ratio>(RATIOS).map(([name, { inFlight, of }]) => {
    const found = results.find(({ setting }) => setting.size === size && setting.inFlight === inFlight);
    const value = median((found?.rounds ?? []).map(of));
    return [name, Number.isNaN(value) ? null : Math.round(value * 1_000) / 1_000];
  });
  return Object.fromEntries(entries) as Ratios;
}

/** A line for each that was measured. */
export function ratioLines(ratios: Ratios): readonly string[] {
  return Object.entries<Ratio>(RATIOS).flatMap(([name, { target }]) => {
    const value = ratios[name as RatioName];
    if (value === null) return [];
    const [direction, bound] = target;
    const isMet = direction === 'at least' ? value >= bound : value <= bound;
    return [`  ${isMet ? '✓' : '✗'} ${name.padEnd(28)} ${value.toFixed(3)}  (${direction} ${bound})`];
  });
}
