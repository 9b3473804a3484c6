/**
 * What a seed stands for: every payment, every repeat, every fault and every crash, decided before anything runs. The
 * same seed gives the same plan, and the same digest; only the interleaving is the machine's.
 */
import { createHash } from 'node:crypto';
import { isSlow } from './fate.js';
import { pick, type Random, randomFor, shuffled } from './random.js';

/**
 * How a caller that is not sure that it was heard asks a second time: at once after the first answer, beside the first
 * call, while it is in the processor's hand, or later than the stream remembers message ids.
 */
export type RepeatKind = 'after' | 'beside' | 'during' | 'later';

export type PaymentPlan = {
  readonly number: number;
  readonly merchant: string;
  readonly amount: number;
  readonly isManual: boolean;
  readonly next: 'capture' | 'void' | 'refund' | undefined;
  /** Of the authorization and of what follows it. */
  readonly repeats: readonly [RepeatKind | undefined, RepeatKind | undefined];
  /** The lane rests this long before it. */
  readonly pauseMs: number;
};

export type FaultPlan = {
  readonly kind: string;
  /** Injected when this payment begins. */
  readonly atPayment: number;
  /** What the fault draws its targets and durations from. */
  readonly name: string;
};

export type Plan = {
  readonly seed: number;
  readonly lanes: readonly (readonly PaymentPlan[])[];
  readonly faults: readonly FaultPlan[];
  /** Of the payments, the faults and the crashes. */
  readonly digest: string;
};

const LANES = 16;
const MERCHANTS = ['merchant_a', 'merchant_b', 'merchant_c'];
/** One fault for so many payments, and each kind at least once. */
const PAYMENTS_OF_FAULT = 70;
/** The lanes rush at the beginning of a fault, and then keep coming until about its end. */
const RUSH_SHARE = 0.5;
const SPREAD_MS = 2_000;

export function planOf(options: {
  readonly seed: number;
  readonly payments: number;
  /** Kinds of faults; each is injected at least once. */
  readonly faults: readonly string[];
  /** Where workers die or freeze by themselves, by `fate.ts`. */
  readonly steps: readonly string[];
}): Plan {
  const { seed, payments, steps } = options;
  const faults = faultsOf(seed, payments, options.faults);
  const perFault = faults.length === 0 ? payments : payments / faults.length;
  const lanes = Array.from({ length: LANES }, (_, lane) => {
    const random = randomFor(`lane ${lane}`, seed);
    const numbers = Array.from({ length: Math.ceil((payments - lane) / LANES) }, (_, n) => lane + n * LANES);
    return numbers.map((number) => paymentOf(number, seed, perFault, random));
  });
  const text = JSON.stringify({ seed, lanes, faults, steps });
  return { seed, lanes, faults, digest: createHash('sha256').update(text).digest('hex').slice(0, 16) };
}

function paymentOf(number: number, seed: number, perFault: number, random: Random): PaymentPlan {
  const merchant = pick(MERCHANTS, random);
  const isManual = random() < 0.4;
  const share = random();
  const next = isManual ? (share < 0.7 ? 'capture' : 'void') : share < 0.3 ? 'refund' : undefined;
  const takesLong = isSlow(`${merchant} authorize:att_${number}`, seed);
  const isRush = number % perFault < perFault * RUSH_SHARE;
  const meanPauseMs = (SPREAD_MS * LANES) / (perFault * (1 - RUSH_SHARE));
  return {
    number,
    merchant,
    amount: 1_000 + Math.floor(random() * 9_000),
    isManual,
    next,
    repeats: [takesLong ? 'during' : repeatOf(random), repeatOf(random)],
    pauseMs: isRush ? 0 : Math.round(2 * meanPauseMs * random()),
  };
}

function repeatOf(random: Random): RepeatKind | undefined {
  const share = random();
  if (share < 0.03) return 'after';
  if (share < 0.06) return 'beside';
  return share < 0.09 ? 'later' : undefined;
}

function faultsOf(seed: number, payments: number, kinds: readonly string[]): FaultPlan[] {
  if (kinds.length === 0) return [];
  const random = randomFor('faults', seed);
  const count = Math.max(kinds.length, Math.round(payments / PAYMENTS_OF_FAULT));
  const order: string[] = [];
  while (order.length < count) order.push(...shuffled(kinds, random));
  return order.slice(0, count).map((kind, index) => ({
    kind,
    atPayment: Math.min(payments - 1, Math.floor((index + 0.1) * (payments / count))),
    name: `fault ${index}`,
  }));
}
