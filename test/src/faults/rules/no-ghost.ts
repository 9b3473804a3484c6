/** P2: what was answered as failed, or withdrawn, or never asked for, does not happen. */
import { describeHeard } from '../evidence.js';
import { eachCall, eachKey, effectsAgainst, type Rule } from './rule.js';

export const noGhost: readonly Rule[] = [
  eachCall(
    (meaning) => meaning === 'failed',
    (call, the) =>
      effectsAgainst(call, the).length > 0
        ? `answered ${describeHeard(call.ended)}, and it was carried out`
        : undefined,
  ),
  eachKey(
    ({ ledger }) => ledger?.state === 'withdrawn',
    ({ effects }) => (effects.length > 0 ? 'it was withdrawn, and it was carried out' : undefined),
  ),
  ({ calls, effects }) =>
    effects.map(({ id, traceId }) => ({
      subject: `effect ${id}`,
      why: calls.some((call) => call.traceId === traceId) ? undefined : `nobody asked for effect ${id}`,
    })),
];
