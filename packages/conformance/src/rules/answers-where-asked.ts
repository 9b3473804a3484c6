/** Rule: an answer comes, and it comes where the request said. */
import { ALL_WORKERS, broken, KEPT, type Rule } from '../rule.js';

export const answersWhereAsked: Rule = {
  name: 'answers-where-asked',
  demands: 'answers each request, on the subject that X-Reply-To names, or by respond where it only responds',
  paragraph: 'docs/workers.md#durable-and-disciplined',
  mend: 'publish the answer to the subject in X-Reply-To as it stands there; a worker that keeps no such order calls respond on the message',
  of: ALL_WORKERS,
  requests: 'all',
  async check(stage) {
    const { asked, answer } = await stage.ask();
    if (asked.heard.some(({ kind }) => kind === 'nobody')) return broken('nobody was subscribed any more');
    if (answer === undefined) {
      const settled = asked.heard.find(({ kind }) => kind === 'said');
      const said = settled?.kind === 'said' ? `; the request was settled with ${settled.said}` : '';
      return broken(`no answer came within ${stage.waitMs} ms${said}`);
    }
    const { via, subject } = answer.heard;
    if (via === 'elsewhere') return broken(`the answer came on ${subject}, which nobody asked for`);
    if (via === 'respond' && (stage.worker.kind === 'guarded' || stage.worker.kind === 'disciplined'))
      return broken(
        'it announces itself as a worker that publishes its answers, and only responded: the answer is lost with the bridge that waits',
      );
    return KEPT;
  },
};
