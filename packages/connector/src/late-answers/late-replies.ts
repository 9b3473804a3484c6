/**
 * Records what workers without records of their own reply too late: their answer goes to the bridge that asked, and
 * nowhere else. Workers that publish to `X-Reply-To` have recorded it themselves.
 */
import type { LateReply } from '@nats-bridge/messaging';
import { operationInKey, parseRecordSubject } from '@nats-bridge/protocol';
import type { Exchange } from '../call/exchange.js';
import { type CallIds, idsOf } from '../call/observation.js';
import { encodeAnswer, isRefusal, readAnswer } from '../ledger/answer.js';
import { type RecordAnswerWorld, recordAnswer } from '../ledger/record-answer.js';
import type { BridgeSealing } from '../sealing/bridge-sealing.js';

export type LateReplies = {
  /** From before it is sent, so that whose a reply is can be said; `forget` once it was answered. */
  follow(exchange: Exchange): { forget(): void };
  /** Of a call that is followed. */
  idsOf(correlationId: string): CallIds | undefined;
  /** @throws BridgeError INVALID_WORKER_REPLY when it is no reply */
  record(reply: LateReply): Promise<void>;
};

/** Calls in doubt that are still followed; of older ones a late reply has no ids. */
const MOST = 10_000;
const NOTHING = { forget: () => {} };

export function createLateReplies(
  world: RecordAnswerWorld,
  sealing: Pick<BridgeSealing, 'openAnswer'>,
): LateReplies {
  const followed = new Map<string, CallIds>();
  return {
    follow({ correlationId, data, key, isDurable }) {
      if (key === undefined || !isDurable) return NOTHING;
      const [oldest] = followed.keys();
      if (followed.size >= MOST && oldest !== undefined) followed.delete(oldest);
      followed.set(correlationId, idsOf({ data, correlationId }));
      return { forget: () => followed.delete(correlationId) };
    },
    idsOf: (correlationId) => followed.get(correlationId),
    async record(reply) {
      const { via, replyTo = '', correlationId } = reply;
      const place = parseRecordSubject(replyTo);
      if (place === undefined || via === 'durable') return;
      const { merchantId, idempotencyKey: key } = place;
      const response = readAnswer(sealing.openAnswer(merchantId, key, reply, correlationId));
      if (isRefusal(reply)) return;
      const ids = followed.get(correlationId);
      followed.delete(correlationId);
      const request = {
        operation: operationInKey(key),
        correlationId,
        retry: 0,
        ...(ids && { paymentId: ids.paymentId }),
      };
      await recordAnswer({ merchantId, key, answer: encodeAnswer(response), request }, world);
    },
  };
}
