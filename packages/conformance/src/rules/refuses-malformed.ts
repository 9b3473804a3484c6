/** Rule: what is no request is refused or given up at once, and disturbs nobody. */
import { textIn } from '../answer.js';
import { isEnding } from '../heard.js';
import { ALL_WORKERS, broken, type Finding, KEPT, type Rule } from '../rule.js';
import type { Stage } from '../stage.js';
import type { Letter } from '../wire.js';

const bodyOf = (text: string) => (letter: Letter) => ({ ...letter, body: new TextEncoder().encode(text) });

const MALFORMED = {
  'a body that is not JSON': bodyOf('{"operation":'),
  'a request without router_data': bodyOf('{"operation":"authorize"}'),
} as const;

export const refusesMalformed: Rule = {
  name: 'refuses-malformed',
  demands: 'answers what is no request with a failure, or terms it, and goes on with the next',
  paragraph: 'docs/workers.md#the-record-in-any-language',
  mend: 'read the body inside a try: respond with a failure and term; do not nak it, because it will never be better',
  of: ALL_WORKERS,
  requests: 'all',
  async check(stage) {
    for (const [what, rewrite] of Object.entries(MALFORMED)) {
      const found = await refusal(stage, what, rewrite);
      if (found.result !== 'kept') return found;
    }
    const { answer } = await stage.ask();
    return answer === undefined ? broken('after what it could not read, it answers nothing any more') : KEPT;
  },
};

async function refusal(stage: Stage, what: string, rewrite: (letter: Letter) => Letter): Promise<Finding> {
  const { kind } = stage.worker;
  const asked = await stage.send(await stage.newCall(), { rewrite });
  // Who only responds leaves it unsettled, and the bridge gives it up for him.
  const waitMs = kind === 'responding' || kind === 'core' ? Math.min(stage.waitMs, 1_000) : stage.waitMs;
  const ending = await asked.until((heard) => heard.find(isEnding), waitMs);
  if (ending === undefined)
    return kind === 'responding' || kind === 'core' ? KEPT : broken(`${what} was left unsettled`);
  if (ending.kind === 'said') {
    if (ending.said === 'term') return KEPT;
    if (kind === 'responding') return KEPT;
    return broken(
      ending.said === 'ack'
        ? `${what} was acknowledged without an answer: nobody will hear of it`
        : `${what} was given back with nak, to come again and again`,
    );
  }
  const status = textIn(await stage.answerTo(asked), 'status');
  return status === 'failure' ? KEPT : broken(`${what} was answered with ${status}`);
}
