/** The promises P1 to P4, judged when a seed has settled: by what callers heard, the ledger and the processor's book. */
import { recordSubject } from '@nats-bridge/protocol';
import { type Call, describe, MERCHANT } from '../scenario/callers.js';
import type { Stage } from '../scenario/stage.js';
import type { Written } from './records.js';
import type { Watch } from './watch.js';

/** How long after its deadline a caller may wait at most: what is looked up and noted on its behalf is bounded. */
export const PATIENCE_MS = 13_000;

export type Violation = { readonly promise: 'P1' | 'P2' | 'P3' | 'P4'; readonly what: string };

export function checkPromises(stage: Stage, watch: Watch): Violation[] {
  const violations: Violation[] = watch.records.violations.map((what) => ({ promise: 'P3', what }));
  const { calls: all } = stage.callers;
  for (const key of new Set(all.map(({ key }) => key))) {
    const calls = all.filter((call) => call.key === key);
    const written = watch.records.history.get(recordSubject(MERCHANT, key));
    violations.push(...checkKey(stage, key, calls, written?.at(-1), watch));
  }
  return violations;
}

function checkKey(
  { processor, broker, world }: Stage,
  key: string,
  calls: readonly Call[],
  last: Written | undefined,
  { requests, effects }: Watch,
): Violation[] {
  const violations: Violation[] = [];
  const broken = (promise: Violation['promise'], what: string) =>
    violations.push({ promise, what: `${key}: ${what}` });
  const entries = processor.book.filter((entry) => entry.key === key);
  const charges = entries.filter(({ isCharge }) => isCharge);
  const callById = new Map(calls.map((call) => [call.id, call]));

  const counted = entries.filter((entry) => !effects.late.has(entry));
  if (counted.length > 1)
    broken('P3', `${counted.length} effects: ${counted.map(({ id }) => id).join(', ')}`);

  const answers = new Set<string>();
  const first = entries[0];
  for (const call of calls) {
    const { heard, endedAt } = call;
    if (heard === undefined || endedAt === undefined) {
      broken('P1', `${call.id} was never answered`);
      continue;
    }
    if (endedAt > call.deadlineAt + PATIENCE_MS + call.bridge.stoodStillMs)
      broken('P1', `${call.id} waited ${Math.round(endedAt - call.deadlineAt)} ms longer than its deadline`);
    if (heard.kind !== 'outcome') continue;
    const { outcome } = heard;
    if (outcome.kind === 'not_sent') {
      const ghost = charges.find(({ callId }) => (callById.get(callId)?.startedAt ?? 0) <= endedAt);
      if (ghost !== undefined)
        broken(
          ghost.at > endedAt ? 'P2' : 'P4',
          `${call.id} heard ${describe(heard)}, and ${ghost.id} was charged`,
        );
    }
    if (outcome.kind === 'answered') {
      answers.add(`${outcome.status} ${outcome.transactionId}`);
      if (first === undefined) broken('P3', `${call.id} heard ${describe(heard)}, and the book has nothing`);
      const asked = callById.get(first?.callId ?? '');
      if (asked !== undefined && asked.amount !== call.amount)
        broken('P3', `${call.id} asked for ${call.amount} and heard the answer for ${asked.amount}`);
    }
  }
  if (answers.size > 1 && effects.late.size === 0)
    broken('P3', `different answers: ${[...answers].join(' and ')}`);

  const wasStored = requests.keys.has(key);
  const isGivenUp = broker.notices.some(({ seq }) => requests.keyOf.get(seq) === key);
  const state = last?.record.state;
  if (wasStored && state !== 'answered' && state !== 'withdrawn' && !(isGivenUp && state === 'claimed'))
    if (!(isGivenUp && state === undefined && entries.length === 0))
      broken('P1', `its request was stored, and the record ends as ${state ?? 'nothing'}`);
  if (charges.length > 0 && state !== 'answered' && !(state === 'claimed' && isGivenUp))
    broken('P1', `${charges[0]?.id} was charged, and the record ends as ${state ?? 'nothing'}`);
  if (state === 'claimed') world.count('settled: unknown, for a person');
  else world.count(`settled: ${state ?? 'never stored'}`);
  return violations;
}
