/** Rule: the answer first, then the acknowledgement, once. */

import { isAnswer, isSettled } from '../heard.js';
import { broken, type Finding, KEPT, notTried, type Rule } from '../rule.js';

export const acknowledgesLast: Rule = {
  name: 'acknowledges-last',
  demands: 'publishes the answer, has it confirmed, and only then acknowledges',
  paragraph: 'docs/workers.md#durable-and-disciplined',
  mend: 'await the confirmation of the answer before ack; an automatic acknowledgement must be off',
  of: ['guarded', 'disciplined'],
  requests: 'all',
  async check(stage): Promise<Finding> {
    const { asked, answer } = await stage.ask();
    if (answer === undefined) return notTried('no answer came');
    const first = await asked.until((heard) => heard.find(isSettled), stage.waitMs);
    if (first === undefined) return broken('it was answered and never acknowledged: it will come again');
    if (first.said !== 'ack') return broken(`it was answered, and settled with ${first.said}`);
    if (asked.heard.indexOf(first) < asked.heard.findIndex(isAnswer))
      return broken(
        'it was acknowledged before its answer was published: a crash in between loses the answer',
      );
    return KEPT;
  },
};
