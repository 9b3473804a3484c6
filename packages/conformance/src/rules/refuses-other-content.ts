/** Rule: one key is one request: the same key with another content is a conflict. */
import { saysRefusal } from '@nats-bridge/protocol';
import { broken, type Finding, KEPT, notTried, type Rule } from '../rule.js';

export const refusesOtherContent: Rule = {
  name: 'refuses-other-content',
  demands:
    'refuses another request under a key that has a record with code CONFLICT and X-Refusal, and terms it',
  paragraph: 'docs/workers.md#the-record-in-any-language',
  mend: "compare the request's fingerprint with X-Fingerprint of the record; where they differ respond with CONFLICT, under the header X-Refusal: 1, and term",
  of: ['guarded'],
  requests: 'that move money',
  async check(stage): Promise<Finding> {
    const call = await stage.newCall();
    if (call.recordKey === undefined) return notTried('this request has no record');
    const first = await stage.answerTo(await stage.send(call));
    if (first === undefined) return notTried('the first request got no answer');
    const request = { ...call.data.request, statement_descriptor: 'another request' };
    const asked = await stage.send({ ...call, data: { ...call.data, request } });
    const answer = await stage.answerTo(asked);
    if (answer === undefined) return broken('it was not answered');
    const { code } = (answer.fields?.error ?? {}) as { readonly code?: unknown };
    if (code !== 'CONFLICT')
      return broken(
        `it was answered with ${JSON.stringify(answer.fields?.status)}${code === undefined ? '' : ` and code ${JSON.stringify(code)}`}: a caller takes that for the outcome of what he asked`,
      );
    if (!saysRefusal(answer.heard.headers))
      return broken(
        'it was refused without the header X-Refusal: 1: a caller takes that for the processor’s answer',
      );
    if (answer.heard.via !== 'respond')
      return broken('the refusal was written to the record, in the place of the first answer');
    return KEPT;
  },
};
