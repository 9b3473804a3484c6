/** Replies of a worker that is broken or hostile: nothing but what it really said becomes an answer (P4). */
import { status } from '@grpc/grpc-js';
import { decodeUcs, encodeUcs } from '@nats-bridge/protocol';
import { authorizeRequest, METADATA } from '../stack-under-test.js';
import { badReply, saidBy } from './bad-replies.js';
import type { GrpcCalls } from './grpc-calls.js';
import type { Answer, Asked } from './rogue-worker.js';
import { Finding, randomFor, type Target } from './target.js';

const SUCCEEDED: ReadonlySet<unknown> = new Set(['CHARGED', 'AUTHORIZED', 'PARTIAL_CHARGED', 'VOIDED']);
const FAILED: ReadonlySet<unknown> = new Set(['FAILURE', 'AUTHORIZATION_FAILED', 'ROUTER_DECLINED']);
const PREFIX = 'reply_';

export type ReplyTarget = Target & {
  /** What the worker replies to a request of this target; undefined to those of others. */
  replyTo(asked: Asked): Answer | undefined;
};

export function replyTarget(calls: GrpcCalls, seed: number): ReplyTarget {
  const sent = new Map<string, { readonly answer: Answer; readonly correlationId: string }>();
  /** Answered as failed before the worker was asked: it never may be, any more (P2). */
  const notSent = new Set<string>();
  const askedAfterwards: string[] = [];
  return {
    name: 'replies',
    concurrency: 128,
    replyTo({ attemptId, correlationId }) {
      if (!attemptId.startsWith(PREFIX)) return undefined;
      if (notSent.has(attemptId)) askedAfterwards.push(attemptId);
      const random = randomFor('replies', seed, Number(attemptId.slice(PREFIX.length)));
      const answer = badReply(correlationId, random);
      sent.set(attemptId, { answer, correlationId });
      return answer;
    },
    async one(index) {
      const attempt = `${PREFIX}${index}`;
      const request = encodeUcs('PaymentServiceAuthorizeRequest', authorizeRequest(attempt));
      const metadata = { ...METADATA, 'x-resource-id': attempt, 'x-reference-id': `pay_of_${attempt}` };
      const result = await calls.call('PaymentService/Authorize', request, metadata);
      if (result.code !== status.OK)
        throw new Finding(`ended with ${status[result.code]}: ${result.details}`);
      const late = askedAfterwards.pop();
      if (late !== undefined)
        throw new Finding(`${late} was answered as failed, and sent to the worker afterwards`);
      const reply = sent.get(attempt);
      sent.delete(attempt);
      const answer = decodeUcs('PaymentServiceAuthorizeResponse', result.bytes);
      const heard = SUCCEEDED.has(answer.status)
        ? 'success'
        : FAILED.has(answer.status)
          ? 'failure'
          : 'doubt';
      if (reply === undefined && heard === 'failure') {
        notSent.add(attempt);
        return 'not sent';
      }
      const said = reply === undefined ? 'nothing' : saidBy(reply.answer, reply.correlationId);
      if (heard !== 'doubt' && heard !== said)
        throw new Finding(
          `the reply said ${said} and Hyperswitch heard ${answer.status}: ${Buffer.from(reply?.answer.body ?? []).toString('base64')}`,
        );
      return heard;
    },
    close: () => calls.close(),
  };
}
