/** The audit as programs see it, at the command line and over the admin API. An export has entries as they are stored. */
import { type ChainProblem, type ChainReport, inSnakeCase, type RecordReport } from '@nats-bridge/protocol';
import type { StoredEntry } from './read-audit.js';
import type { RecordsUnread } from './verify-records.js';

export type ShownEntry = {
  /** Of the entry in its stream. */
  readonly seq: number;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly who: string;
  readonly action: string;
  readonly reason: string;
  /** What it was done to; ids and numbers, never payment data. */
  readonly target: Record<string, string | number>;
};

export function shownEntry({ seq, at, who, action, why, what }: StoredEntry): ShownEntry {
  // Facts of an entry have the names that they were written down with.
  const target: Record<string, string | number> = {};
  for (const [name, value] of Object.entries(what))
    if (value !== undefined) target[inSnakeCase(name)] = value;
  return { seq, at, who, action, reason: why, target };
}

export type ShownChain = {
  readonly intact: boolean;
  readonly entries: number;
  readonly unchained: number;
  readonly signed: number;
  /** null where there is none. */
  readonly first: number | null;
  readonly head: string | null;
  readonly problem_count: number;
  readonly problems: ChainProblem[];
};

/** @param mostProblems more are counted */
export function shownChain(report: ChainReport, mostProblems = Number.POSITIVE_INFINITY): ShownChain {
  const { ok, entries, unchained, signed, first, head, problems } = report;
  return {
    intact: ok,
    entries,
    unchained,
    signed,
    first: first ?? null,
    head: head ?? null,
    problem_count: problems.length,
    problems: problems.slice(0, mostProblems),
  };
}

export type ShownRecords =
  | RecordsUnread
  | (Pick<RecordReport, 'stream' | 'same' | 'expired' | 'unwatched' | 'to' | 'problems'> & {
      readonly intact: boolean;
      readonly dealt_with: number;
    });

export function shownRecords(report: RecordReport | RecordsUnread): ShownRecords {
  if ('unread' in report) return report;
  const { ok, dealtWith, ...counts } = report;
  return { ...counts, intact: ok, dealt_with: dealtWith };
}
