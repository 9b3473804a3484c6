/** Rule: nothing is executed after its deadline. */

import { textIn } from '../answer.js';
import { isEnding } from '../heard.js';
import { broken, type Finding, KEPT, type Rule } from '../rule.js';

const LATE_MS = 1_000;

export const letsExpiredPass: Rule = {
  name: 'lets-expired-pass',
  demands: 'executes nothing after X-Deadline, and settles it with ack',
  paragraph: 'docs/workers.md#durable-and-disciplined',
  mend: 'compare X-Deadline with the clock before anything else: when it has passed, ack and do nothing',
  of: ['guarded', 'disciplined'],
  requests: 'that move money',
  async check(stage): Promise<Finding> {
    const asked = await stage.send(await stage.newCall(), { deadlineAt: Date.now() - LATE_MS });
    const ending = await asked.until((heard) => heard.find(isEnding), stage.waitMs);
    if (ending === undefined) return broken(`it was not settled within ${stage.waitMs} ms`);
    if (ending.kind === 'said')
      return ending.said === 'nak' ? broken('it was given back with nak, to come again later still') : KEPT;
    const status = textIn(await stage.answerTo(asked), 'status');
    return status === 'failure' ? KEPT : broken(`it was answered with ${status}: somebody may have paid`);
  },
};
