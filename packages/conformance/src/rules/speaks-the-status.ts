/** Rule: an answer has one of the three statuses, and refinements that UCS knows. */
import { bridgeResponseSchema, outcomeOfReply } from '@nats-bridge/protocol';
import { ALL_WORKERS, broken, KEPT, notTried, type Rule } from '../rule.js';

export const speaksTheStatus: Rule = {
  name: 'speaks-the-status',
  demands: 'says success, failure or processing, and uses statuses of UCS where it says more',
  paragraph: 'docs/contract.md#response',
  mend: 'map what the processor says to one of the three; leave attempt_status and refund_status out where UCS has no name for it',
  of: ALL_WORKERS,
  requests: 'all',
  async check(stage) {
    const { asked, answer } = await stage.ask();
    if (answer?.fields === undefined) return notTried(answer?.unreadable ?? 'no answer came');
    const status = bridgeResponseSchema.shape.status.safeParse(answer.fields.status);
    if (!status.success) return broken(`status is ${JSON.stringify(answer.fields.status)}`);
    const whole = bridgeResponseSchema.safeParse(answer.fields);
    if (!whole.success) return notTried('the answer is wrong in other fields: see well-formed-answers');
    const call = { operation: stage.operation, data: asked.call.data, correlationId: asked.correlationId };
    try {
      outcomeOfReply(call, whole.data);
    } catch (error) {
      return broken((error as Error).message);
    }
    return KEPT;
  },
};
