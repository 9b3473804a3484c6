/** Rule: an answer names the request it belongs to. */
import { decodeHeaderValue, HEADER } from '@nats-bridge/protocol';
import { ALL_WORKERS, broken, KEPT, notTried, type Rule } from '../rule.js';

export const namesItsRequest: Rule = {
  name: 'names-its-request',
  demands: 'gives correlation_id back unchanged; only who responds may leave it out',
  paragraph: 'docs/contract.md#response',
  mend: "copy the request's correlation_id into the reply",
  of: ALL_WORKERS,
  requests: 'all',
  async check(stage) {
    const { asked, answer } = await stage.ask();
    if (answer === undefined) return notTried('no answer came');
    const header = answer.heard.headers[HEADER.correlationId];
    const inBody = answer.fields?.correlation_id;
    for (const [where, said] of [
      ['correlation_id', inBody],
      ['the header X-Correlation-Id', header && decodeHeaderValue(header)],
    ])
      if (said !== undefined && said !== null && said !== asked.correlationId)
        return broken(`${where} of the answer is ${JSON.stringify(said)}, and not the request's`);
    if (inBody === undefined && header === undefined && answer.heard.via === 'reply_to')
      return broken('the answer names no request: it may belong to any');
    return KEPT;
  },
};
