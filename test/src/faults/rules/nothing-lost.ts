/** P1: what was accepted ends as an answer to its caller, an outcome in the ledger, or a letter for a person. */
import { type Call, type Case, describeHeard, meaningOf } from '../evidence.js';
import { eachCall, inDoubt, type Rule, saysNotDone, wasNeverAccepted } from './rule.js';

export const nothingLost: readonly Rule[] = [
  eachCall(
    (meaning, call, the) =>
      inDoubt(meaning) && !(wasNeverAccepted(the) && (meaning === 'error' || isToldNotDone(call, the))),
    ({ ended }, { ledger, hasLetter }) =>
      ledger?.state === 'answered' || ledger?.state === 'withdrawn' || hasLetter
        ? undefined
        : `the caller heard ${describeHeard(ended)}, and the ledger says ${ledger?.state ?? 'nothing'}`,
  ),
  eachCall(
    (meaning, _, { ledger }) =>
      inDoubt(meaning) && (ledger?.state === 'answered' || ledger?.state === 'withdrawn'),
    (_, { sync }) =>
      sync?.kind === 'answered'
        ? undefined
        : `nobody can learn what became of it: a sync ended in ${describeHeard(sync)}`,
  ),
  eachCall(
    (meaning) => meaning === 'success' || meaning === 'decline',
    ({ ended }, { ledger }) =>
      ledger?.state === 'answered'
        ? undefined
        : `the caller heard ${describeHeard(ended)}, and the ledger lost it: ${ledger?.state ?? 'nothing'}`,
  ),
];

/** Whoever asks is told that nothing happened. */
function isToldNotDone(call: Call, { sync }: Case): boolean {
  return sync?.kind === 'answered' && saysNotDone(sync.status, meaningOf(sync, call.succeedsAs), call);
}
