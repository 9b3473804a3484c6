/**
 * Records what workers without records of their own reply too late: their answer goes to the bridge that asked, and
 * nowhere else. Workers that publish to `X-Reply-To` have recorded it themselves.
 */
import type { LateReply } from '@nats-bridge/messaging';
import type { Exchange } from '../exchange.js';
import { encodeAnswer, isRefusal, readAnswer } from '../ledger/answer.js';
import { type RecordAnswerWorld, recordAnswer } from '../ledger/record-answer.js';
import { type CallIds, idsOf } from '../observation.js';
import type { BridgeSealing } from '../sealing/bridge-sealing.js';

export type LateReplies = {
  /** From before it is sent, so that no reply finds it unknown; `forget` once it was answered. */
  follow(exchange: Exchange): { forget(): void };
  /** Of a call that is followed. */
  idsOf(correlationId: string): CallIds | undefined;
  /** @throws BridgeError INVALID_WORKER_REPLY when it is no reply */
  record(reply: LateReply): Promise<void>;
};

type Followed = Pick<Exchange, 'operation'> & { readonly ids: CallIds; readonly key: string };

/** Calls in doubt that are still followed; of older ones a late reply is lost. */
const MOST = 10_000;
const NOTHING = { forget: () => {} };

export function createLateReplies(
  world: RecordAnswerWorld,
  sealing: Pick<BridgeSealing, 'openAnswer'>,
): LateReplies {
  const followed = new Map<string, Followed>();
  return {
    follow({ operation, correlationId, data, key, isDurable }) {
      if (key === undefined || !isDurable) return NOTHING;
      const [oldest] = followed.keys();
      if (followed.size >= MOST && oldest !== undefined) followed.delete(oldest);
      followed.set(correlationId, { operation, ids: idsOf({ data, correlationId }), key });
      return { forget: () => followed.delete(correlationId) };
    },
    idsOf: (correlationId) => followed.get(correlationId)?.ids,
    async record(reply) {
      const call = followed.get(reply.correlationId);
      if (call === undefined || reply.via === 'durable') return;
      const { operation, ids, key } = call;
      const { merchantId, paymentId, correlationId } = ids;
      const response = readAnswer(sealing.openAnswer(merchantId, key, reply, reply.correlationId));
      if (isRefusal(reply)) return;
      followed.delete(reply.correlationId);
      const request = { operation, paymentId, correlationId, retry: 0 };
      await recordAnswer({ merchantId, key, answer: encodeAnswer(response), request }, world);
    },
  };
}
