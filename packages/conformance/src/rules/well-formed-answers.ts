/** Rule: an answer is written in the encoding it names, and its fields have the contract's types. */
import { bridgeResponseSchema } from '@nats-bridge/protocol';
import { ALL_WORKERS, broken, KEPT, notTried, type Rule } from '../rule.js';

/** Rules of their own. */
const ELSEWHERE = new Set(['status', 'error']);

export const wellFormedAnswers: Rule = {
  name: 'well-formed-answers',
  demands:
    'writes its answer in the encoding that Content-Type names (JSON without one), with fields of the types of the contract',
  paragraph: 'docs/contract.md#response',
  mend: 'make the types of your answers from response.schema.json, and name the encoding you wrote',
  of: ALL_WORKERS,
  requests: 'all',
  async check(stage) {
    const { answer } = await stage.ask();
    if (answer === undefined) return notTried('no answer came');
    if (answer.fields === undefined) return broken(answer.unreadable ?? 'it cannot be read');
    const read = bridgeResponseSchema.safeParse(answer.fields);
    const issues = read.error?.issues.filter(({ path }) => !ELSEWHERE.has(String(path[0]))) ?? [];
    if (issues.length === 0) return KEPT;
    return broken(issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '));
  },
};
