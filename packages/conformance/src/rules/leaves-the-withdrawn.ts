/** Rule: what was withdrawn is never executed: its caller was told that it failed. */
import { textIn } from '../answer.js';
import { isEnding } from '../heard.js';
import { hasRecord, NO_RECORD, putRecord } from '../put-record.js';
import { broken, type Finding, KEPT, type Rule } from '../rule.js';

export const leavesTheWithdrawn: Rule = {
  name: 'leaves-the-withdrawn',
  demands: 'executes nothing whose record says withdrawn, and acknowledges it',
  paragraph: 'docs/workers.md#the-record-in-any-language',
  mend: 'read the record when your claim is refused: withdrawn, and no higher X-Retry than its own, is acknowledged and left',
  of: ['guarded'],
  requests: 'that move money',
  async check(stage): Promise<Finding> {
    const call = await stage.newCall();
    if (!hasRecord(call)) return NO_RECORD;
    await putRecord(stage, call, 'withdrawn', { by: 'a bridge', reason: 'nobody had begun' });
    const asked = await stage.send(call);
    const ending = await asked.until((heard) => heard.find(isEnding), stage.waitMs);
    if (ending === undefined) return broken(`it was not settled within ${stage.waitMs} ms`);
    if (ending.kind === 'said')
      return ending.said === 'nak' ? broken('it was given back with nak, to come again') : KEPT;
    const status = textIn(await stage.answerTo(asked), 'status');
    return status === 'failure' ? KEPT : broken(`it was answered with ${status}: somebody may have paid`);
  },
};
