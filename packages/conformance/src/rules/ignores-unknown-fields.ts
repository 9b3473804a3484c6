/** Rule: what a later version of the contract adds does not disturb. */
import { textIn } from '../answer.js';
import { ALL_WORKERS, broken, KEPT, notTried, type Rule } from '../rule.js';

const ADDED = { added_later: { by: 'a later version' } };

export const ignoresUnknownFields: Rule = {
  name: 'ignores-unknown-fields',
  demands: 'answers a request with fields it does not know as it answers one without',
  paragraph: 'docs/contract.md#request',
  mend: 'let the reader of requests pass over fields it does not know, at every depth',
  of: ALL_WORKERS,
  requests: 'all',
  async check(stage) {
    const { answer } = await stage.ask();
    const usual = textIn(answer, 'status');
    if (usual === undefined) return notTried('an ordinary request got no status');
    const call = await stage.newCall(ADDED);
    const envelope = { ...ADDED, router_data: ADDED };
    const status = textIn(await stage.answerTo(await stage.send(call, { envelope })), 'status');
    if (status === undefined) return broken('a request with unknown fields was not answered');
    return status === usual ? KEPT : broken(`it answers ${status} where it answers ${usual} without them`);
  },
};
