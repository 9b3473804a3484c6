/** Rule: many requests at once get each its own answer. */
import { operationRow } from '@nats-bridge/protocol';
import { textIn } from '../answer.js';
import { ALL_WORKERS, broken, KEPT, type Rule } from '../rule.js';

export const worksInParallel: Rule = {
  name: 'works-in-parallel',
  demands: 'answers many requests at once, each with its own answer',
  paragraph: 'docs/workers.md#durable-and-disciplined',
  mend: 'keep what belongs to a request with the request: no variable that two of them share',
  of: ALL_WORKERS,
  requests: 'all',
  async check(stage) {
    const calls = await Promise.all(Array.from({ length: stage.parallel }, () => stage.newCall()));
    const asked = await Promise.all(calls.map((call) => stage.send(call)));
    const answers = await Promise.all(asked.map((one) => stage.answerTo(one)));
    const missing = answers.filter((answer) => answer === undefined).length;
    if (missing > 0)
      return broken(`${missing} of ${asked.length} were not answered within ${stage.waitMs} ms`);
    const ids = new Set(asked.map(({ correlationId }) => correlationId));
    for (const [index, answer] of answers.entries()) {
      const named = textIn(answer, 'correlation_id');
      if (named !== undefined && named !== asked[index]?.correlationId && ids.has(named))
        return broken('a request got the answer that names another one');
    }
    if (!operationRow(stage.operation).movesMoney) return KEPT;
    const own = new Set(calls.map(({ data }) => data.request.connector_transaction_id));
    const made = answers.map((answer) => textIn(answer, 'transaction_id')).filter((id) => id && !own.has(id));
    return new Set(made).size === made.length
      ? KEPT
      : broken('different requests were answered with the same transaction_id');
  },
};
