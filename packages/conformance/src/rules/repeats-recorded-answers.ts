/** Rule: an answer that stands in the record is said again, and nothing is run. */
import {
  encodeBody,
  fingerprintOf,
  HEADER,
  headerText,
  recordHeaders,
  recordSubject,
} from '@nats-bridge/protocol';
import { textIn } from '../answer.js';
import { broken, type Finding, KEPT, notTried, type Rule } from '../rule.js';

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
    const { data, recordKey } = call;
    if (recordKey === undefined) return notTried('this request has no record');
    const recorded = { status: 'success', transaction_id: `recorded_${data.attempt_id}` };
    const headers = {
      ...recordHeaders({
        state: 'answered',
        operation: call.operation,
        paymentId: data.payment_id,
        correlationId: 'of-the-first-request',
        fingerprint: fingerprintOf(data),
        by: 'another worker',
        attempt: 1,
        retry: 0,
      }),
      [HEADER.contentType]: 'application/json',
    };
    const sealed = stage.bridge.sealing.sealAnswer(data.merchant_id, recordKey, {
      body: encodeBody({ ...recorded, correlation_id: 'of-the-first-request' }),
      headers,
    });
    const all = { ...headers, ...sealed.headers };
    await stage.wire.records.write(recordSubject(data.merchant_id, recordKey), sealed.body, all, 0);
    const asked = await stage.send(call);
    const answer = await stage.answerTo(asked);
    if (answer === undefined) return broken('the recorded answer was not said again');
    const id = textIn(answer, 'transaction_id');
    if (id !== recorded.transaction_id)
      return broken(`${recorded.transaction_id} was recorded, and ${id} answered: it was run again`);
    return headerText(answer.heard.headers, HEADER.correlationId) === asked.correlationId
      ? KEPT
      : broken('the answer was said again without the X-Correlation-Id of the request that asked');
  },
};
