/**
 * The chain of the audit: each entry has the hash of the one before, so that none can be removed, altered, inserted or
 * moved without a trace; a signature says who wrote it. Pure: whoever has the entries can check them, without NATS.
 */
import { createHash } from 'node:crypto';

export type AuditEntry = {
  readonly action: string;
  readonly who: string;
  readonly why: string;
  /** What it was done to; ids and numbers, never payment data. */
  readonly what: Readonly<Record<string, string | number | undefined>>;
  /** ISO 8601, by the clock of who wrote it. */
  readonly at: string;
};

export type ChainedEntry = AuditEntry & {
  /** Its place in the chain, from 1. */
  readonly n: number;
  /** Hash of the entry before; empty for the first. */
  readonly previous: string;
  readonly hash: string;
  /** Public NKEY of who signed the hash. */
  readonly key?: string;
  readonly signature?: string;
};

export type SignHash = { readonly publicKey: string; sign(hash: string): string };
export type VerifySignature = (publicKey: string, hash: string, signature: string) => boolean;

/** The first entry of a chain, or the one that follows `last`. */
export function chainEntry(
  entry: AuditEntry,
  last: Pick<ChainedEntry, 'n' | 'hash'> | undefined,
  signer?: SignHash,
): ChainedEntry {
  const place = { ...entry, n: (last?.n ?? 0) + 1, previous: last?.hash ?? '' };
  const hash = hashOf(place);
  return {
    ...place,
    hash,
    ...(signer && { key: signer.publicKey, signature: signer.sign(hash) }),
  };
}

/** SHA-256, in base64url, over place and content; fields in a fixed order, those of `what` by name. */
function hashOf(entry: Omit<ChainedEntry, 'hash' | 'key' | 'signature'>): string {
  const { n, previous, at, action, who, why, what } = entry;
  const sorted = Object.entries(what)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([n, previous, at, action, who, why, sorted]))
    .digest('base64url');
}

export type ChainProblem = {
  /** Of the entry where it shows; 0 for the chain as a whole. */
  readonly n: number;
  readonly why: string;
};

export type ChainReport = {
  readonly ok: boolean;
  readonly entries: number;
  /** Entries from before there was a chain. */
  readonly unchained: number;
  readonly signed: number;
  /** Of the first that is there; above 1, older ones have expired. */
  readonly first: number | undefined;
  /** Of the last: whoever keeps it elsewhere can tell later whether the end is missing. */
  readonly head: string | undefined;
  readonly problems: readonly ChainProblem[];
};

export type ChainCheck = {
  readonly verify: VerifySignature;
  /** Whose signatures count; undefined: those that are there must fit their keys, whoever has them. */
  readonly publicKeys?: readonly string[];
  /** A hash that the chain must hold: the head of an earlier look. */
  readonly head?: string;
};

/** @param values entries in the order of their stream or file; anything is taken */
export function verifyChain(values: readonly unknown[], check: ChainCheck): ChainReport {
  const verifier = createChainVerifier(check);
  for (const value of values) verifier.add(value);
  return verifier.report();
}

export type ChainVerifier = {
  /** The next entry; anything is taken. */
  add(value: unknown): void;
  /** On what was added until now. */
  report(): ChainReport;
};

/** For who does not hold the whole chain at once. */
export function createChainVerifier(check: ChainCheck): ChainVerifier {
  const problems: ChainProblem[] = [];
  const say = (n: number, why: string) => problems.push({ n, why });
  let entries = 0;
  let last: ChainedEntry | undefined;
  let first: number | undefined;
  let unchained = 0;
  let signed = 0;
  let isHeadThere = check.head === undefined;

  return {
    add(value) {
      entries++;
      if (!isChainedEntry(value)) {
        if (last === undefined && isAuditEntry(value)) unchained++;
        else say(last?.n ?? 0, 'an entry after it is not part of the chain');
        return;
      }
      first ??= value.n;
      if (last !== undefined && value.n !== last.n + 1)
        say(
          value.n,
          value.n > last.n
            ? `entries ${last.n + 1} to ${value.n - 1} are missing`
            : `it stands after entry ${last.n}`,
        );
      else if (last !== undefined && value.previous !== last.hash)
        say(value.n, 'it does not follow the entry before it');
      if (value.hash !== hashOf(value)) say(value.n, 'it was altered');
      const why = signatureProblem(value, check);
      if (why !== undefined) say(value.n, why);
      if (value.signature !== undefined) signed++;
      if (value.hash === check.head) isHeadThere = true;
      last = value;
    },
    report() {
      const all = isHeadThere ? [...problems] : [...problems, HEAD_MISSING];
      return { ok: all.length === 0, entries, unchained, signed, first, head: last?.hash, problems: all };
    },
  };
}

const HEAD_MISSING: ChainProblem = {
  n: 0,
  why: 'the entry that was its head is not there: the end is missing, or it is another chain',
};

function signatureProblem(entry: ChainedEntry, { verify, publicKeys }: ChainCheck): string | undefined {
  const { key, signature, hash } = entry;
  if (key === undefined || signature === undefined)
    return publicKeys === undefined ? undefined : 'it is not signed';
  if (publicKeys !== undefined && !publicKeys.includes(key))
    return `it is signed by ${key}, which is none of the keys given`;
  return verify(key, hash, signature) ? undefined : 'its signature does not fit';
}

/** Whether it has the fields of an entry; it may be from before there was a chain. */
export function isAuditEntry(value: unknown): value is AuditEntry {
  const { action, who, why, at, what } = (value ?? {}) as Partial<AuditEntry>;
  return (
    [action, who, why, at].every((text) => typeof text === 'string') &&
    typeof what === 'object' &&
    what !== null
  );
}

export function isChainedEntry(value: unknown): value is ChainedEntry {
  if (!isAuditEntry(value)) return false;
  const { n, previous, hash } = value as Partial<ChainedEntry>;
  return Number.isSafeInteger(n) && typeof previous === 'string' && typeof hash === 'string';
}
