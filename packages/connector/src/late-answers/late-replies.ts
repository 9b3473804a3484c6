/**
 * Records what workers without records of their own reply too late: their answer goes to the bridge that asked, and
 * nowhere else. Workers that publish to `X-Reply-To` have recorded it themselves.
 */
import type { LateReply } from '@nats-bridge/messaging';
import type { Exchange } from '../exchange.js';
import { encodeAnswer, isRefusal, readAnswer } from '../ledger/answer.js';
import { type RecordAnswerWorld, recordAnswer } from '../ledger/record-answer.js';
import type { BridgeSealing } from '../sealing/bridge-sealing.js';

export type LateReplies = {
  /** From before it is sent, so that no reply finds it unknown; `forget` once it was answered. */
  follow(exchange: Exchange): { forget(): void };
  /** @throws BridgeError INVALID_WORKER_REPLY when it is no reply */
  record(reply: LateReply): Promise<void>;
};

type Followed = { readonly merchantId: string; readonly key: string };

/** Calls in doubt that are still followed; of older ones a late reply is lost. */
const MOST = 10_000;
const NOTHING = { forget: () => {} };

export function createLateReplies(
  world: RecordAnswerWorld,
  sealing: Pick<BridgeSealing, 'openAnswer'>,
): LateReplies {
  const followed = new Map<string, Followed>();
  return {
    follow({ correlationId, data, key, isDurable }) {
      if (key === undefined || !isDurable) return NOTHING;
      const [oldest] = followed.keys();
      if (followed.size >= MOST && oldest !== undefined) followed.delete(oldest);
      followed.set(correlationId, { merchantId: data.merchant_id, key });
      return { forget: () => followed.delete(correlationId) };
    },
    async record(reply) {
      const operation = followed.get(reply.correlationId);
      if (operation === undefined || reply.via === 'durable') return;
      const { merchantId, key } = operation;
      const response = readAnswer(sealing.openAnswer(merchantId, key, reply, reply.correlationId));
      if (isRefusal(reply)) return;
      followed.delete(reply.correlationId);
      await recordAnswer({ merchantId, key, answer: encodeAnswer(response) }, world);
    },
  };
}
