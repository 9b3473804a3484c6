/** Records the answer of a worker that keeps no records: it is held by this bridge, and by nobody else. */
import { backoffMs, RecordChangedError, UNTIL_BACK } from '@nats-bridge/messaging';
import type { NewRecord } from '@nats-bridge/protocol';
import { idlePause } from '../pacing/pause.js';
import type { EncodedAnswer } from './answer.js';
import type { Ledger } from './ledger.js';

export type UnrecordedAnswer = {
  readonly merchantId: string;
  readonly key: string;
  readonly answer: EncodedAnswer;
  /** The record that it follows; without it, that is read first. */
  readonly announced?: NewRecord & { readonly seq: number };
  /**
   * The request that it answers. Besides its announcement it may be the first record there is; that of a request which
   * a person has sent again also follows the withdrawal of an earlier try, or a claim that nobody holds any more, such
   * as a restore writes.
   */
  readonly request: Omit<NewRecord, 'state'>;
};

export type RecordAnswerWorld = {
  readonly ledger: Pick<Ledger, 'findLatest' | 'write'>;
  /** It was given up, or has no place: the answer is in no record. */
  onUnrecorded(error: unknown): void;
  /** No more is to be tried once this says so. */
  isClosing?(): boolean;
  sleep?(ms: number): Promise<unknown>;
};

const WITHDRAWN =
  'it had been withdrawn, and callers may have heard that it failed: ask the processor what became of it';

/** Resolves after the first try; where that fails, nobody is kept waiting for the others. Never rejects. */
export async function recordAnswer(unrecorded: UnrecordedAnswer, world: RecordAnswerWorld): Promise<void> {
  const { merchantId, key, answer, request } = unrecorded;
  const { ledger, onUnrecorded, isClosing = () => false, sleep = idlePause } = world;
  let { announced } = unrecorded;

  async function attempt(): Promise<void> {
    announced ??= (await ledger.findLatest(merchantId, key))?.record;
    if (announced?.state !== 'sent' && !mayFollow(announced, request)) {
      // Else it is answered by now, or a worker keeps it.
      if (announced?.state === 'withdrawn') onUnrecorded(new Error(WITHDRAWN));
      return;
    }
    const { seq = 0, ...record } = {
      ...announced,
      reason: undefined,
      leaseUntil: undefined,
      ...request,
    };
    try {
      await ledger.write(merchantId, key, { ...record, state: 'answered' }, seq, answer);
    } catch (error) {
      if (error instanceof RecordChangedError) announced = undefined;
      throw error;
    }
  }

  async function tryOn(first: unknown): Promise<void> {
    let cause = first;
    for (let tries = 1; tries < UNTIL_BACK.tries && !isClosing(); tries++) {
      if (!(cause instanceof RecordChangedError)) await sleep(backoffMs(tries - 1, UNTIL_BACK));
      try {
        return await attempt();
      } catch (error) {
        cause = error;
      }
    }
    onUnrecorded(cause);
  }

  await attempt().catch((cause: unknown) => void tryOn(cause));
}

function mayFollow(last: NewRecord | undefined, request: UnrecordedAnswer['request']): boolean {
  switch (last?.state) {
    case undefined:
      return true;
    case 'withdrawn':
      return last.retry < request.retry;
    case 'claimed':
      return request.retry > 0 && last.retry <= request.retry && (last.leaseUntil ?? 0) <= Date.now();
    default:
      return false;
  }
}
