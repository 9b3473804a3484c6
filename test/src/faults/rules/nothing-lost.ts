/** P1: what was accepted ends as an answer to its caller, an outcome in the ledger, or a letter for a person. */
import { type Case, describeHeard, meaningOf } from '../evidence.js';
import { eachCall, inDoubt, type Rule, wasNeverAccepted } from './rule.js';

export const nothingLost: readonly Rule[] = [
  eachCall(
    (meaning, _, the) =>
      inDoubt(meaning) && !(wasNeverAccepted(the) && (meaning === 'error' || saysFailed(the))),
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
function saysFailed({ sync, calls }: Case): boolean {
  const meaning = sync && meaningOf(sync, calls[0]?.succeedsAs ?? '');
  return meaning === 'failed' || meaning === 'decline';
}
