/** Replies that no call waits for: those of other requests, those that come late, and those of nobody's request here. */
import type { Requester } from '@nats-bridge/messaging';
import type { Report } from '../bridge-event.js';
import type { LateAnswers } from './late-answers.js';
import { createRecordUnclaimed, type UnclaimedRepliesWorld } from './unclaimed-replies.js';

export type HearRepliesWorld = UnclaimedRepliesWorld & {
  readonly lateAnswers: Pick<LateAnswers, 'idsOf' | 'record'>;
  readonly report: Report;
};

export function hearReplies(requester: Requester, world: HearRepliesWorld): void {
  const { lateAnswers, report } = world;
  requester.onStray((reply) => report({ type: 'stray_reply', reply }));
  requester.onLate((reply) => {
    report({ type: 'late_reply', reply, ids: lateAnswers.idsOf(reply.correlationId) });
    return lateAnswers.record(reply);
  });
  requester.onUnclaimed(createRecordUnclaimed(world));
}
