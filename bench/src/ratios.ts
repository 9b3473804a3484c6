/** How near the library and the whole way come to their floors; of each round, then the median. */
import type { CaseName } from './cases.js';
import { median } from './load.js';
import type { Results, Round } from './rounds.js';

export type Ratios = {
  /**
   * Whole way of a question ÷ F at 64 in flight, where F = 1 / (1/gRPC + 1/JetStream) is the two floors in series. A
   * question is stored once, as the floor is; what moves money is stored three times, and is compared below.
   */
  readonly whole_throughput: number | null;
  /** p50 of the same alone ÷ (p50 of gRPC + p50 of JetStream), each measured by itself. */
  readonly whole_p50: number | null;
  /** The same ÷ p50 of the two floors as one way: a bare gRPC server that answers when bare JetStream has. */
  readonly whole_p50_series: number | null;
  /** A question through the library ÷ bare JetStream, throughput at 64 in flight. */
  readonly library_durable: number | null;
  /** Library ÷ bare core request-reply, throughput at 64 in flight. */
  readonly library_core: number | null;
  /** Whole way ÷ the floor of gRPC and of the same durable writes in series, at 64 in flight. */
  readonly promised_throughput: number | null;
  /** A payment through the library ÷ the same durable writes, throughput at 64 in flight. */
  readonly promised_library: number | null;
  /** p50 of the whole way alone ÷ (p50 of gRPC + p50 of the same durable writes). */
  readonly promised_p50: number | null;
  /** The same ÷ p50 of these two floors as one way. */
  readonly promised_p50_series: number | null;
  /** The same three on a server that flushes each write. */
  readonly promised_throughput_flushed: number | null;
  readonly promised_p50_flushed: number | null;
  readonly promised_p50_flushed_series: number | null;
  /** Whole way with sealed bodies ÷ without, throughput at 64 in flight. */
  readonly sealed_throughput: number | null;
  /** The same with signed messages, and with both. */
  readonly signed_throughput: number | null;
  readonly sealed_signed_throughput: number | null;
  /** Whole way with metrics, log and a tenth of the calls traced ÷ with none of them, throughput at 64 in flight. */
  readonly observed_throughput: number | null;
};

/** What must hold; the direction is the second word. */
export const TARGETS = {
  whole_throughput: ['at least', 0.7],
  whole_p50: ['at most', 1.4],
  whole_p50_series: ['at most', 1.4],
  library_durable: ['at least', 0.8],
  library_core: ['at least', 0.8],
  promised_throughput: ['at least', 0.7],
  promised_library: ['at least', 0.7],
  promised_p50: ['at most', 1.5],
  promised_p50_series: ['at most', 1.5],
  promised_throughput_flushed: ['at least', 0.7],
  promised_p50_flushed: ['at most', 1.5],
  promised_p50_flushed_series: ['at most', 1.5],
  // What they cost stays what it is, 0.1 and 0.4 ms of a payment, while everything else becomes quicker.
  sealed_throughput: ['at least', 0.7],
  signed_throughput: ['at least', 0.45],
  sealed_signed_throughput: ['at least', 0.4],
  observed_throughput: ['at least', 0.95],
} as const satisfies Record<keyof Ratios, readonly ['at least' | 'at most', number]>;

export function ratiosOf(results: Results, size: '1KiB' | '8KiB' = '1KiB'): Ratios {
  const perSecond = (round: Round, name: CaseName) => round[name]?.perSecond ?? Number.NaN;
  const p50 = (round: Round, name: CaseName) => round[name]?.p50Ms ?? Number.NaN;
  const over = (inFlight: number, ratio: (round: Round) => number): number | null => {
    const found = results.find(({ setting }) => setting.size === size && setting.inFlight === inFlight);
    const value = median((found?.rounds ?? []).map(ratio));
    return Number.isNaN(value) ? null : Math.round(value * 1_000) / 1_000;
  };
  /** A way ÷ gRPC and a floor of NATS in series. */
  const throughput = (way: CaseName, floor: CaseName) =>
    over(
      64,
      (round) => perSecond(round, way) * (1 / perSecond(round, 'floor_grpc') + 1 / perSecond(round, floor)),
    );
  const latency = (way: CaseName, floor: CaseName) =>
    over(1, (round) => p50(round, way) / (p50(round, 'floor_grpc') + p50(round, floor)));
  const alone = (way: CaseName, series: CaseName) => over(1, (round) => p50(round, way) / p50(round, series));
  const toWhole = (way: CaseName) => over(64, (round) => perSecond(round, way) / perSecond(round, 'whole'));
  return {
    whole_throughput: throughput('whole_asked', 'floor_jetstream'),
    whole_p50: latency('whole_asked', 'floor_jetstream'),
    whole_p50_series: alone('whole_asked', 'floor_series'),
    library_durable: over(
      64,
      (round) => perSecond(round, 'library_asked') / perSecond(round, 'floor_jetstream'),
    ),
    library_core: over(64, (round) => perSecond(round, 'library_core') / perSecond(round, 'floor_core')),
    promised_throughput: throughput('whole', 'floor_writes'),
    promised_library: over(
      64,
      (round) => perSecond(round, 'library_durable') / perSecond(round, 'floor_writes'),
    ),
    promised_p50: latency('whole', 'floor_writes'),
    promised_p50_series: alone('whole', 'floor_writes_series'),
    promised_throughput_flushed: throughput('whole_flushed', 'floor_writes_flushed'),
    promised_p50_flushed: latency('whole_flushed', 'floor_writes_flushed'),
    promised_p50_flushed_series: alone('whole_flushed', 'floor_writes_flushed_series'),
    sealed_throughput: toWhole('whole_sealed'),
    signed_throughput: toWhole('whole_signed'),
    sealed_signed_throughput: toWhole('whole_sealed_signed'),
    observed_throughput: over(
      64,
      (round) => perSecond(round, 'whole_observed') / perSecond(round, 'whole_bare'),
    ),
  };
}

export function meetsTarget(name: keyof Ratios, value: number | null): boolean | undefined {
  if (value === null) return undefined;
  const [direction, bound] = TARGETS[name];
  return direction === 'at least' ? value >= bound : value <= bound;
}
