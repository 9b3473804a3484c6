/** P1: what was accepted ends as an answer to its caller, an outcome in the ledger, or a letter for a person. */
import { describeHeard } from '../evidence.js';
import { eachCall, inDoubt, type Rule, wasNeverAccepted } from './rule.js';

export const nothingLost: readonly Rule[] = [
  eachCall(
    (meaning, _, the) => inDoubt(meaning) && !(meaning === 'error' && wasNeverAccepted(the)),
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
