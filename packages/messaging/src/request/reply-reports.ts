/** Tells listeners of the replies that no waiting request could be given: stray ones and late ones. */
import { notify } from '../connection/notify.js';
import type { OfferedReply, PendingRequest } from './pending-requests.js';
import type { LateReply, Reply, StrayReply, UnclaimedReply } from './reply.js';
import type { UnansweredRequest } from './unanswered-requests.js';
import type { UnclaimedOffer } from './unclaimed-replies.js';

export type LateListener = (late: LateReply) => void | Promise<void>;
/** Resolves to true when it has found whose it is: the worker is then acknowledged. */
export type UnclaimedListener = (unclaimed: UnclaimedReply) => Promise<boolean>;
export type StrayListener = (stray: StrayReply) => void;

export class ReplyReports {
  readonly strayListeners = new Set<StrayListener>();
  readonly lateListeners = new Set<LateListener>();
  readonly unclaimedListeners = new Set<UnclaimedListener>();

  /** @param withBody fetches a body that came by reference */
  constructor(
    readonly withBody: (reply: Reply) => Reply | Promise<Reply>,
    readonly acknowledge: (ackSubject: string) => void,
    readonly onError: (error: Error, subject: string) => void,
  ) {}

  stray(request: PendingRequest, { reply, replySubject }: OfferedReply, correlationId: string): void {
    const expectedCorrelationId = request.correlationId;
    notify(this.strayListeners, { ...reply, replySubject, correlationId, expectedCorrelationId });
  }

  async late(entry: UnansweredRequest, { reply, replySubject }: OfferedReply): Promise<void> {
    await this.#tell(entry, reply).catch((error: unknown) => this.onError(error as Error, entry.subject));
    // Even when a listener failed: a redelivery would execute the operation again.
    if (reply.via === 'ack') this.acknowledge(replySubject);
  }

  async unclaimed({ reply, replySubject, delivery }: UnclaimedOffer): Promise<void> {
    try {
      for (const listener of this.unclaimedListeners) {
        const isFound = await listener({ ...(await this.withBody(reply)), delivery });
        if (isFound) return this.acknowledge(replySubject);
      }
    } catch (error) {
      this.onError(error as Error, replySubject);
    }
  }

  async #tell(entry: UnansweredRequest, reply: Reply): Promise<void> {
    const { correlationId, msgId, subject, replyTo, endedWith, stored } = entry;
    const whole = await this.withBody(reply);
    const late = {
      ...whole,
      streamSeq: stored?.seq ?? reply.streamSeq,
      correlationId,
      msgId,
      subject,
      replyTo,
      endedWith,
    };
    for (const listener of this.lateListeners) await listener(late);
  }
}
