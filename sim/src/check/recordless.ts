/** What docs/delivery.md does not promise of workers that keep no records, beside those that do. Pure. */
import { HEADER, type OperationRecord } from '@nats-bridge/protocol';
import type { Entry } from '../actors/processor.js';
import type { Delivered } from '../broker/pull-consumer.js';
import type { Stored } from '../broker/stream.js';
import { looksBeforeCharging } from '../scenario/handlers.js';
import type { NotMended } from './not-mended.js';

/** What happened to one key, in order. */
export type KeyStory = {
  readonly entries: readonly Entry[];
  readonly records: readonly OperationRecord[];
  readonly requests: readonly Stored[];
  readonly deliveries: readonly Delivered[];
};

/** Why something is no violation, or none that is judged. */
export type Excuse =
  | { readonly kind: 'allowed'; readonly what: string }
  | { readonly kind: 'not mended'; readonly what: NotMended };

/** Why an effect may stand beside another of its key. */
export function excuseOf(entry: Entry, story: KeyStory): Excuse | undefined {
  const { given } = entry;
  if (given !== undefined) {
    // Who does not look runs again what anybody was given before, or has been given since.
    if (story.deliveries.filter(({ seq, at }) => seq === given.seq && at <= entry.at).length > 1)
      return { kind: 'allowed', what: 'run again by a worker without records' };
    const isSecond = story.requests[0]?.seq !== given.seq;
    if (isSecond && !isAnnounced(given.seq, story)) return { kind: 'not mended', what: 'a second message' };
  }
  const found = foundUntold(entry, story);
  return found && { kind: 'not mended', what: found };
}

/** Charged as by a first attempt, where a worker without records had been given the request before, and charged. */
export function isBlind(entry: Entry, { entries, deliveries }: KeyStory): boolean {
  if (entry.given !== undefined || entry.attempt > 1 || !looksBeforeCharging(entry.operation)) return false;
  const takenAt = deliveries.find(({ to }) => to === entry.worker)?.at ?? 0;
  return entries.some(({ given, at }) => given !== undefined && given.at < takenAt && at < entry.at);
}

/**
 * Why what was withdrawn may have been run by a worker without records.
 *
 * @param sentAt when its caller asked, so that it was sent no earlier
 */
export function excuseOfGhost(
  { given }: Entry,
  withdrawn: OperationRecord,
  { sentAt, ackWaitMs, story }: { sentAt: number; ackWaitMs: number; story: KeyStory },
): Excuse | undefined {
  if (given === undefined) return undefined;
  const sent = story.records.find(({ state }) => state === 'sent');
  if (sent !== undefined) {
    if (!isAnnounced(given.seq, story))
      return { kind: 'not mended', what: 'withdrawn though another bridge sent it' };
    const { at: storedAt = 0 } = story.requests.find(({ seq }) => seq === given.seq) ?? {};
    const sendsForMs = (sent.deadlineAt ?? 0) - (sent.requestedAt ?? 0) + ackWaitMs;
    if (withdrawn.reason !== 'NEVER_SENT' || storedAt <= sent.at + sendsForMs) return undefined;
    return { kind: 'allowed', what: 'withdrawn as never sent, and stored after that time' };
  }
  const { bornAt, goneAt = Number.POSITIVE_INFINITY } = given.worker;
  if (given.at > withdrawn.at) return { kind: 'not mended', what: 'left in the stream once withdrawn' };
  // No look can see it: it came once the request was sent, and was gone when its time was over.
  if (bornAt >= sentAt && goneAt <= withdrawn.at)
    return { kind: 'allowed', what: 'withdrawn, and run by a worker without records that came and went' };
  // By the worker that was given it next, whose time to begin was over.
  return withdrawn.reason === 'expired' && story.records[0]?.seq === withdrawn.seq
    ? { kind: 'not mended', what: 'a redelivery without a record' }
    : undefined;
}

/** Sent while all workers kept records: nobody noted it before. */
export function isUnannounced({ given }: Entry, story: KeyStory): boolean {
  return given !== undefined && !isAnnounced(given.seq, story);
}

/** Whether its bridge had written down, before it was stored, that workers without records may get it. */
function isAnnounced(seq: number, { requests, records }: KeyStory): boolean {
  const request = requests.find((one) => one.seq === seq);
  if (request === undefined) return false;
  const correlationId = request.headers[HEADER.correlationId];
  return records.some(
    (record) => record.state === 'sent' && record.correlationId === correlationId && record.at <= request.at,
  );
}

/** Whether nothing was written of an earlier effect until the request of this one was there. */
function foundUntold(entry: Entry, story: KeyStory): NotMended | undefined {
  const { entries, records, requests } = story;
  const untold = entries.filter((one) => one.at < entry.at && isUnannounced(one, story));
  const seq = entry.given?.seq ?? claimOf(entry, story)?.requestSeq;
  const request = requests.find((one) => one.seq === seq);
  if (untold.length === 0 || request === undefined) return undefined;
  if (untold.some(({ given }) => given?.seq === seq))
    return entry.given === undefined && records[0]?.by === entry.worker
      ? 'a redelivery without a record'
      : undefined;
  const known = records.filter(({ at }) => at < request.at);
  const isOwn = ({ state, correlationId }: OperationRecord) =>
    state === 'sent' && correlationId === request.headers[HEADER.correlationId];
  return known.every(isOwn) ? 'an effect without a record' : undefined;
}

function claimOf(entry: Entry, { records }: KeyStory): OperationRecord | undefined {
  return records.findLast(
    ({ state, by, at }) => state === 'claimed' && by === entry.worker && at <= entry.at,
  );
}
