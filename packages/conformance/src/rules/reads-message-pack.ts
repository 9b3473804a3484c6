/** Rule: who announces MessagePack reads it. */
import { textIn } from '../answer.js';
import { ALL_WORKERS, broken, KEPT, notTried, type Rule } from '../rule.js';

const MESSAGE_PACK = 'application/msgpack';

export const readsMessagePack: Rule = {
  name: 'reads-message-pack',
  demands: 'reads a request in MessagePack, where it announces that encoding',
  paragraph: 'docs/contract.md#headers-of-a-request',
  mend: 'decode by Content-Type, and write the answer in an encoding that its own Content-Type names; or announce JSON alone',
  of: ALL_WORKERS,
  requests: 'all',
  async check(stage) {
    if (!stage.worker.encodings.includes(MESSAGE_PACK))
      return notTried('it does not announce MessagePack (metadata "encodings" of its micro service)');
    const { answer: usual } = await stage.ask();
    const asked = await stage.send(await stage.newCall(), { contentType: MESSAGE_PACK });
    const answer = await stage.answerTo(asked);
    if (answer === undefined) return broken('it was not answered');
    const status = textIn(answer, 'status');
    return status === textIn(usual, 'status')
      ? KEPT
      : broken(
          `it answers ${status ?? answer.unreadable} where it answers ${textIn(usual, 'status')} in JSON`,
        );
  },
};
