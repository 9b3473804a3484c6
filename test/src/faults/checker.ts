/** Holds what callers heard, the ledger, the letters and the processor's book against the promises. Pure. */
import type { Effect } from './processor.js';

export type Call = {
  /** Merchant and idempotency key. */
  readonly key: string;
  readonly at: number;
  readonly endedAt: number;
  readonly ended: /** `bridgeCode`: the bridge's own error, not a processor's. */
    | {
        readonly kind: 'answered';
        readonly status: string;
        readonly id: string;
        readonly bridgeCode?: string;
      }
    /** A gRPC error: the caller knows nothing. */
    | { readonly kind: 'error'; readonly message: string };
};

export type LedgerLine = { readonly state: string; readonly id?: string };

export type Evidence = {
  readonly calls: readonly Call[];
  readonly book: readonly Effect[];
  readonly ledger: ReadonlyMap<string, LedgerLine>;
  /** Keys that wait for a person. */
  readonly letters: ReadonlySet<string>;
  /** What a sync said at the end, of authorizations that were pending. */
  readonly syncs: ReadonlyMap<string, string>;
};

export type Violation = { readonly key: string; readonly why: string };
export type Finding = { readonly checked: number; readonly violations: readonly Violation[] };
export type Findings = Readonly<Record<'P1' | 'P2' | 'P3' | 'P4', Finding>>;

const FAILED = new Set([
  'FAILURE',
  'AUTHORIZATION_FAILED',
  'CAPTURE_FAILED',
  'VOID_FAILED',
  'REFUND_FAILURE',
]);
const PENDING = new Set(['PENDING', 'REFUND_PENDING']);

export function check(evidence: Evidence): Findings {
  const effects = byKey(evidence.book);
  const calls = byKey(evidence.calls);
  return {
    P1: judge(evidence.calls, (call) => nothingLost(call, evidence, effects)),
    P2: judge(evidence.calls, (call) => noGhost(call, effects, calls)),
    P3: judge([...new Set([...effects.keys(), ...calls.keys()])], (key) => noDouble(key, effects, calls)),
    P4: judge(evidence.calls, (call) => honestDoubt(call, evidence, effects, calls)),
  };
}

function byKey<T extends { readonly key: string }>(items: readonly T[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(item.key, [...(groups.get(item.key) ?? []), item]);
  return groups;
}

type Calls = ReadonlyMap<string, readonly Call[]>;
type Effects = ReadonlyMap<string, readonly Effect[]>;

function judge<T extends string | Call>(items: readonly T[], find: (item: T) => string | undefined): Finding {
  const violations = items.flatMap((item) => {
    const why = find(item);
    return why === undefined ? [] : [{ key: typeof item === 'string' ? item : item.key, why }];
  });
  return { checked: items.length, violations };
}

function nothingLost({ key, ended }: Call, { ledger, letters }: Evidence, effects: Effects) {
  if (ended.kind === 'answered' && !PENDING.has(ended.status)) return undefined;
  const state = ledger.get(key)?.state;
  if (state === 'answered' || state === 'withdrawn' || letters.has(key)) return undefined;
  // It was never accepted: nobody knows of it, and nothing happened.
  if (ended.kind === 'error' && state === undefined && !effects.has(key)) return undefined;
  return `the caller heard ${describe(ended)}, and the ledger says ${state ?? 'nothing'}`;
}

function noGhost(call: Call, effects: Effects, calls: Calls) {
  const { ended } = call;
  if (ended.kind !== 'answered' || !FAILED.has(ended.status) || ended.bridgeCode === undefined)
    return undefined;
  return happened(call, effects, calls) ? `answered ${describe(ended)}, and it happened` : undefined;
}

/** Who hears "failed" and asks again wants it: what happens then is the effect of that call. */
function happened(failed: Call, effects: Effects, calls: Calls): boolean {
  const later = (calls.get(failed.key) ?? []).filter(({ at }) => at >= failed.endedAt);
  return (effects.get(failed.key) ?? []).some((effect) => !later.some(({ at }) => effect.at >= at));
}

function noDouble(key: string, effects: Effects, calls: Calls) {
  const times = effects.get(key)?.length ?? 0;
  if (times > 1) return `it happened ${times} times`;
  const ids = new Set(
    (calls.get(key) ?? []).flatMap(({ ended }) =>
      ended.kind === 'answered' && !PENDING.has(ended.status) && !FAILED.has(ended.status) ? [ended.id] : [],
    ),
  );
  return ids.size > 1 ? `its callers heard different ids: ${[...ids].join(', ')}` : undefined;
}

function honestDoubt(call: Call, { ledger, syncs }: Evidence, effects: Effects, calls: Calls) {
  const { key, ended } = call;
  if (ended.kind !== 'answered') return undefined;
  if (FAILED.has(ended.status) && happened(call, effects, calls))
    return `answered ${describe(ended)}, and it happened`;
  const later = syncs.get(key);
  if (PENDING.has(ended.status) && ledger.get(key)?.state === 'answered' && later !== undefined)
    return PENDING.has(later) || FAILED.has(later)
      ? `the ledger has its answer, and a sync said ${later}`
      : undefined;
  return undefined;
}

function describe(ended: Call['ended']): string {
  return ended.kind === 'error' ? ended.message : `${ended.status} ${ended.bridgeCode ?? ''}`.trim();
}
