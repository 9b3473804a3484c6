/** The promises P1 to P4, judged when a seed has settled: by what callers heard, the ledger and the processor's book. */
import { type OperationRecord, recordSubject } from '@nats-bridge/protocol';
import type { Entry } from '../actors/processor.js';
import { type Call, describe, MERCHANT } from '../scenario/callers.js';
import type { Stage } from '../scenario/stage.js';
import { excuses, isLetPass } from './not-mended.js';
import { excuseOf, excuseOfGhost, isBlind, isUnannounced, type KeyStory } from './recordless.js';
import type { Written } from './records.js';
import type { Watch } from './watch.js';

/** How long after its deadline a caller may wait at most: what is looked up and noted on its behalf is bounded. */
export const PATIENCE_MS = 13_000;

/** What was recorded just now, a bridge may have missed. */
const RECENT_MS = 600;

export type Violation = { readonly promise: 'P1' | 'P2' | 'P3' | 'P4'; readonly what: string };

export function checkPromises(stage: Stage, watch: Watch): Violation[] {
  const violations: Violation[] = watch.records.violations.map((what) => ({ promise: 'P3', what }));
  const { calls: all } = stage.callers;
  for (const key of new Set(all.map(({ key }) => key))) {
    const calls = all.filter((call) => call.key === key);
    const written = watch.records.history.get(recordSubject(MERCHANT, key));
    violations.push(...checkKey(stage, key, calls, written ?? [], watch));
  }
  return violations;
}

function checkKey(
  stage: Stage,
  key: string,
  calls: readonly Call[],
  written: readonly Written[],
  watch: Watch,
): Violation[] {
  const violations: Violation[] = [];
  const { processor, broker, world } = stage;
  const { effects } = watch;
  const last = written.at(-1);
  const broken = (promise: Violation['promise'], what: string) =>
    violations.push({ promise, what: `${key}: ${what}` });
  const entries = processor.book.filter((entry) => entry.key === key);
  const charges = entries.filter(({ isCharge }) => isCharge);
  const callById = new Map(calls.map((call) => [call.id, call]));

  const story = storyOf(stage, entries, written, watch);
  const sentAt = ({ callId }: Entry) => callById.get(callId)?.startedAt ?? 0;
  const withdrawn = story.records.find((record) => record.state === 'withdrawn');
  const ofGhost = (entry: Entry, record: OperationRecord) =>
    excuseOfGhost(entry, record, { sentAt: sentAt(entry), ackWaitMs: stage.plan.ackWaitMs, story });
  const isUntold = (entry: Entry) =>
    isUnannounced(entry, story) && isLetPass(world, 'an effect without a record');
  /** A worker was given the request, and found an answer that does not say of what. A bridge looks further back. */
  const isRepeatedUnread = ({ startedAt, endedAt = 0 }: Call) => {
    const given = story.deliveries.findLast(({ at }) => at >= startedAt && at <= endedAt);
    if (given === undefined) return false;
    const found = story.records.findLast(({ at }) => at <= given.at);
    const isUnread = found?.state === 'answered' && found.fingerprint === undefined;
    return isUnread && isLetPass(world, 'an answer repeated without its content');
  };
  // Each is asked for once, so that what is let pass is counted once.
  const ghosts = new Set(charges.filter((entry) => withdrawn && excuses(world, ofGhost(entry, withdrawn))));
  const again = new Set(
    entries.filter((entry) => entries.length > 1 && excuses(world, excuseOf(entry, story))),
  );
  const counted = entries.filter((entry) => !effects.late.has(entry) && !again.has(entry));
  for (const entry of counted)
    if (isBlind(entry, story))
      broken('P3', `${entry.id} is of a first attempt, and a worker without records had charged before`);
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
    if (heard.kind === 'refused' && calls.every(({ amount }) => amount === call.amount))
      broken('P3', `${call.id} heard ${describe(heard)}, and nobody asked for anything else`);
    if (heard.kind !== 'outcome') continue;
    const { outcome } = heard;
    if (outcome.kind === 'not_sent') {
      const ghost = charges.find(({ callId }) => callId === call.id);
      if (ghost !== undefined && !ghosts.has(ghost))
        broken('P2', `${call.id} heard ${describe(heard)}, and ${ghost.id} was charged for it`);
      const known = written.findLast(({ record }) => record.at < endedAt - RECENT_MS)?.record.state;
      const first = charges.find((entry) => callById.get(entry.callId)?.amount === call.amount);
      if (first === undefined || sentAt(first) > endedAt || ghosts.has(first)) continue;
      if (known === 'withdrawn')
        broken('P2', `${call.id} heard ${describe(heard)}, and ${first.id} was charged`);
      else if (known === undefined && first.at > endedAt - RECENT_MS)
        world.count('allowed: "not sent", before another call of the key was');
      else if (!call.couldLook)
        world.count('allowed: "not sent" to a repeat, by a bridge that could not look');
      else if (known !== undefined || !isUntold(first))
        broken(
          'P4',
          `${call.id} heard ${describe(heard)} while its key was ${known ?? 'not recorded'}, and ${first.id} was charged`,
        );
    }
    if (outcome.kind === 'answered') {
      answers.add(`${outcome.status} ${outcome.transactionId}`);
      if (first === undefined) broken('P3', `${call.id} heard ${describe(heard)}, and the book has nothing`);
      const answered = entries.find(({ id }) => id === outcome.transactionId) ?? first;
      const asked = callById.get(answered?.callId ?? '');
      const isOther = asked !== undefined && asked.amount !== call.amount;
      const isExcused = () => isRepeatedUnread(call) || (answered !== undefined && isUntold(answered));
      if (isOther && !isExcused())
        broken('P3', `${call.id} asked for ${call.amount} and heard the answer for ${asked.amount}`);
    }
  }
  if (answers.size > 1 && effects.late.size === 0 && again.size === 0)
    broken('P3', `different answers: ${[...answers].join(' and ')}`);

  if (written.some(({ isOther }) => isOther)) {
    if (again.size > 0) world.count('allowed: another answer, of a worker without records');
    else broken('P3', 'a worker without records wrote another answer');
  }

  const state = last?.record.state;
  const isOpen = watch.isOpen(key, broker);
  const isForPerson = watch.isLetter(key, broker);
  const ends = `the record ends as ${state ?? 'nothing'}`;
  if (isOpen) broken('P1', `its request was sent, ${ends}, and nobody sees to it`);
  if (withdrawn !== undefined) {
    const ghost = charges.find((entry) => !ghosts.has(entry));
    if (ghost !== undefined) broken('P2', `${ghost.id} was charged, and its request was withdrawn`);
  } else if (charges.length > 0 && state !== 'answered') {
    // What the server gave up has a verdict by its record: without one it would be sent again.
    const isUnknown = watch.letters.has(key) || (state !== undefined && isForPerson);
    if (!isUnknown && !(state === undefined && charges.every(isUntold)))
      broken('P1', `${charges[0]?.id} was charged, and ${ends}`);
  }
  world.count(`settled: ${state ?? 'never stored'}${isForPerson ? ', for a person' : ''}`);
  return violations;
}

function storyOf(
  stage: Stage,
  entries: readonly Entry[],
  written: readonly Written[],
  { requests }: Watch,
): KeyStory {
  const [{ key, operation } = {}] = entries;
  const isOfKey = ({ seq }: { readonly seq: number }) => requests.keyOf.get(seq) === key;
  return {
    entries,
    records: written.map(({ record }) => record),
    requests: requests.all.filter(isOfKey),
    deliveries: operation === undefined ? [] : stage.consumerOf(operation).deliveries.filter(isOfKey),
  };
}
