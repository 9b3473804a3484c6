/**
 * Records what workers without records of their own reply too late: their answer goes to the bridge that asked, and
 * nowhere else. Workers that publish to `X-Reply-To` have recorded it themselves.
 */
import type { LateReply } from '@nats-bridge/messaging';
import type { Exchange } from '../exchange.js';
import { encodeAnswer, isRefusal, readAnswer } from '../ledger/answer.js';
import { type RecordAnswerWorld, recordAnswer, type UnrecordedAnswer } from '../ledger/record-answer.js';
import type { BridgeSealing } from '../sealing/bridge-sealing.js';

export type LateReplies = {
  /** From before it is sent, so that no reply finds it unknown; `forget` once it was answered. */
  follow(exchange: Exchange): { forget(): void };
  /** @throws BridgeError INVALID_WORKER_REPLY when it is no reply */
  record(reply: LateReply): Promise<void>;
};

type Followed = Pick<UnrecordedAnswer, 'merchantId' | 'key' | 'request'>;

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
      const request = { operation, paymentId: data.payment_id, correlationId, retry: 0 };
      followed.set(correlationId, { merchantId: data.merchant_id, key, request });
      return { forget: () => followed.delete(correlationId) };
    },
    async record(reply) {
      const call = followed.get(reply.correlationId);
      if (call === undefined || reply.via === 'durable') return;
      const { merchantId, key } = call;
      const response = readAnswer(sealing.openAnswer(merchantId, key, reply, reply.correlationId));
      if (isRefusal(reply)) return;
      followed.delete(reply.correlationId);
      await recordAnswer({ ...call, answer: encodeAnswer(response) }, world);
    },
  };
}
