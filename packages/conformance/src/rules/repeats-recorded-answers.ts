/** Rule: an answer that stands in the record is said again, and nothing is run. */
import { HEADER, headerText } from '@nats-bridge/protocol';
import { textIn } from '../answer.js';
import { hasRecord, NO_RECORD, putAnswer } from '../put-record.js';
import { broken, type Finding, KEPT, type Rule } from '../rule.js';

export const repeatsRecordedAnswers: Rule = {
  name: 'repeats-recorded-answers',
  demands:
    'says the recorded answer again, with the X-Correlation-Id of the request that asked, and runs nothing',
  paragraph: 'docs/workers.md#the-record-in-any-language',
  mend: 'read the record when your claim is refused: write an answered one again as it is, with the new X-Correlation-Id, then ack',
  of: ['guarded'],
  requests: 'that move money',
  async check(stage): Promise<Finding> {
    const call = await stage.newCall();
    if (!hasRecord(call)) return NO_RECORD;
    const correlationId = 'of-the-first-request';
    const transaction_id = `recorded_${call.data.attempt_id}`;
    const recorded = { status: 'success', transaction_id, correlation_id: correlationId };
    await putAnswer(stage, call, recorded, { by: 'another worker', attempt: 1, correlationId });
    const asked = await stage.send(call);
    const answer = await stage.answerTo(asked);
    if (answer === undefined) return broken('the recorded answer was not said again');
    const id = textIn(answer, 'transaction_id');
    if (id !== transaction_id)
      return broken(`${transaction_id} was recorded, and ${id} answered: it was run again`);
    return headerText(answer.heard.headers, HEADER.correlationId) === asked.correlationId
      ? KEPT
      : broken('the answer was said again without the X-Correlation-Id of the request that asked');
  },
};
