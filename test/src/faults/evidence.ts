/** What a run leaves behind: what callers heard, the processor's book, the ledger, the letters, and what was asked at the end. */

export type MoneyOperation = 'authorize' | 'capture' | 'void' | 'refund';

export type Heard =
  /** `bridgeCode`: the bridge's own error, not a processor's. */
  | {
      readonly kind: 'answered';
      readonly status: string;
      readonly id: string;
      readonly bridgeCode?: string;
    }
  /** A gRPC error: the caller knows nothing. */
  | { readonly kind: 'error'; readonly message: string };

export type Call = {
  /** Merchant and idempotency key, as `merchant_a authorize:att_1`. */
  readonly key: string;
  /** Of this call alone: a repeat has another. It travels as trace id, and stands in the book beside the effect. */
  readonly traceId: string;
  readonly operation: MoneyOperation;
  readonly amount: number;
  /** The status that says that it was done: an authorization with manual capture is not `CHARGED`. */
  readonly succeedsAs: string;
  readonly at: number;
  readonly endedAt: number;
  readonly ended: Heard;
};

/** One line of the processor's book: it was asked to do this, and did it or declined. */
export type Effect = {
  readonly key: string;
  readonly id: string;
  readonly outcome: 'approved' | 'declined';
  readonly operation: string;
  readonly amount: number;
  readonly worker: string;
  readonly attempt: number;
  /** Of the call whose request was carried out. */
  readonly traceId: string;
  /** The id of the payment that was captured, voided or refunded; empty for an authorization. */
  readonly of: string;
  readonly at: number;
};

export type LedgerLine = {
  readonly state: string;
  /** Of an answer. */
  readonly id?: string;
  readonly status?: string;
};

export type Evidence = {
  readonly calls: readonly Call[];
  /** As it was after everything, the repeats at the end included. */
  readonly book: readonly Effect[];
  readonly ledger: ReadonlyMap<string, LedgerLine>;
  /** Keys that wait for a person. */
  readonly letters: ReadonlySet<string>;
  /** What a sync said at the end, for every key of which some caller was left in doubt. */
  readonly syncs: ReadonlyMap<string, Heard>;
  /** What a repeat said at the end, for every key that has its answer in the ledger. */
  readonly repeats: ReadonlyMap<string, Heard>;
  /** What had not come to rest when the time for it was over. */
  readonly unfinished: readonly string[];
};

/** Everything that is known of one key. */
export type Case = {
  readonly key: string;
  readonly calls: readonly Call[];
  readonly effects: readonly Effect[];
  readonly ledger: LedgerLine | undefined;
  readonly hasLetter: boolean;
  readonly sync: Heard | undefined;
  readonly repeat: Heard | undefined;
  /** What was done afterwards to the payment that it made. */
  readonly later: readonly Effect[];
};

export function casesOf(evidence: Evidence): Case[] {
  const calls = groupBy(evidence.calls, ({ key }) => key);
  const effects = groupBy(evidence.book, ({ key }) => key);
  const onPayment = groupBy(evidence.book, ({ of }) => of);
  return [...new Set([...calls.keys(), ...effects.keys()])].map((key) => ({
    key,
    calls: calls.get(key) ?? [],
    effects: effects.get(key) ?? [],
    ledger: evidence.ledger.get(key),
    hasLetter: evidence.letters.has(key),
    sync: evidence.syncs.get(key),
    repeat: evidence.repeats.get(key),
    later: (effects.get(key) ?? []).flatMap(({ id }) => onPayment.get(id) ?? []),
  }));
}

function groupBy<T>(items: readonly T[], nameOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(nameOf(item));
    if (group === undefined) groups.set(nameOf(item), [item]);
    else group.push(item);
  }
  return groups;
}

const FAILED = new Set([
  'FAILURE',
  'AUTHORIZATION_FAILED',
  'CAPTURE_FAILED',
  'VOID_FAILED',
  'REFUND_FAILURE',
]);
const PENDING = new Set(['PENDING', 'REFUND_PENDING']);

/** `success` and `decline` are of a processor, `failed` is the bridge's own; `other` is a status that says nothing. */
export type Meaning = 'success' | 'decline' | 'failed' | 'pending' | 'error' | 'other';

export function meaningOf(heard: Heard, succeedsAs: string): Meaning {
  if (heard.kind === 'error') return 'error';
  if (PENDING.has(heard.status)) return 'pending';
  if (FAILED.has(heard.status)) return heard.bridgeCode === undefined ? 'decline' : 'failed';
  return heard.status === succeedsAs ? 'success' : 'other';
}

export function describeHeard(heard: Heard | undefined): string {
  if (heard === undefined) return 'nothing';
  if (heard.kind === 'error') return heard.message;
  return [heard.status, heard.id, heard.bridgeCode].filter(Boolean).join(' ');
}
