/** Rule: a request that is delivered again has no second effect. */
import { operationRow } from '@nats-bridge/protocol';
import { type Answer, textIn } from '../answer.js';
import { ALL_WORKERS, broken, type Finding, KEPT, notTried, type Rule } from '../rule.js';
import type { Stage } from '../stage.js';

export const hasOneEffect: Rule = {
  name: 'has-one-effect',
  demands:
    'gives a request that comes again under the same X-Idempotency-Key the first answer, without a second effect',
  paragraph: 'docs/workers.md#durable-and-disciplined',
  mend: 'hand X-Idempotency-Key to the processor, or keep the record of the key, and look there before you charge',
  of: ALL_WORKERS,
  requests: 'that move money',
  async check(stage) {
    const call = await stage.newCall();
    const first = await stage.answerTo(await stage.send(call));
    if (first === undefined) return notTried('the first request got no answer');
    const second = await stage.answerTo(await stage.send(call));
    if (second === undefined) return broken('the repeat was not answered');
    for (const name of ['transaction_id', 'status'] as const)
      if (textIn(first, name) !== textIn(second, name))
        return broken(
          `${name} was ${textIn(first, name)} first, and ${textIn(second, name)} when the same request came again`,
        );
    return compareWithSync(stage, first);
  },
};

/** What the processor itself says must be what was answered, once. */
async function compareWithSync(stage: Stage, answer: Answer): Promise<Finding> {
  const id = textIn(answer, 'transaction_id');
  const captured = answer.fields?.amount_captured;
  if (id === undefined || operationRow(stage.operation).statusKind !== 'payment') return KEPT;
  const synced = await stage.sync(id);
  const now = synced?.fields?.amount_captured;
  if (typeof captured !== 'number' || typeof now !== 'number' || captured === now) return KEPT;
  return broken(`it was answered as ${captured} captured, and a sync after the repeat says ${now}`);
}
