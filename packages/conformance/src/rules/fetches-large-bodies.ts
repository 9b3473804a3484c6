/** Rule: a body that is too large for a message is fetched from where X-Body-Ref says. */
import { createBodyReferences } from '@nats-bridge/messaging';
import { BODY_BUCKET } from '@nats-bridge/protocol';
import { textIn } from '../answer.js';
import { broken, KEPT, type Rule } from '../rule.js';

export const fetchesLargeBodies: Rule = {
  name: 'fetches-large-bodies',
  demands: 'reads a body that lies in the object store of X-Body-Ref',
  paragraph: 'docs/contract.md#headers-of-a-request',
  mend: 'where X-Body-Ref is there, take bucket and name from it and read the object; check X-Body-Sha256',
  of: ['guarded'],
  requests: 'all',
  async check(stage) {
    const bodies = createBodyReferences(stage.bridge.connection, { bucket: BODY_BUCKET });
    const asked = await stage.send(await stage.newCall(), {
      async rewrite(letter) {
        const { body, headers } = await bodies.store(letter.body);
        return { ...letter, body, headers: { ...letter.headers, ...headers } };
      },
    });
    const answer = await stage.answerTo(asked);
    if (answer === undefined) return broken('it was not answered');
    const { code } = (answer.fields?.error ?? {}) as { readonly code?: unknown };
    return textIn(answer, 'status') === 'failure' && code === 'VALIDATION_ERROR'
      ? broken('it was refused as no request: the {} in the message was taken for its body')
      : KEPT;
  },
};
