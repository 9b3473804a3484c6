/** Rule: a failure says why, with a code and a message that Hyperswitch can show. */
import { bridgeResponseSchema, describeIssues } from '@nats-bridge/protocol';
import { type Answer, textIn } from '../answer.js';
import { ALL_WORKERS, broken, KEPT, notTried, type Rule } from '../rule.js';
import type { Stage } from '../stage.js';

export const explainsFailures: Rule = {
  name: 'explains-failures',
  demands:
    'answers what the processor declines with status failure and an error with code and message, neither empty',
  paragraph: 'docs/contract.md#response',
  mend: "fill error.code and error.message from the processor's answer; a decline is an answer and no exception",
  of: ALL_WORKERS,
  requests: 'all',
  async check(stage) {
    const declined = await firstDecline(stage);
    if (declined === undefined)
      return notTried(
        'nothing was declined: name a request that your processor declines under "declined" in the file of --requests',
      );
    const error = bridgeResponseSchema.shape.error.safeParse(declined.fields?.error);
    if (!error.success) return broken(`error ${describeIssues(error.error)}`);
    return error.data ? KEPT : broken('the failure has no error');
  },
};

async function firstDecline(stage: Stage): Promise<Answer | undefined> {
  for (const changes of stage.declined) {
    const { answer } = await stage.ask(changes);
    if (textIn(answer, 'status') === 'failure') return answer;
  }
  return undefined;
}
