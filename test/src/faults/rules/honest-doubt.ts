/** P4: what may have happened is never called failed, and a sync tells how it ended. */
import { type Call, type Case, describeHeard, meaningOf } from '../evidence.js';
import { eachCall, effectsAgainst, inDoubt, type Rule, saysNotDone } from './rule.js';

export const honestDoubt: readonly Rule[] = [
  eachCall(
    (meaning) => meaning === 'failed' || meaning === 'decline',
    (call, the) =>
      effectsAgainst(call, the).some(({ outcome }) => outcome === 'approved')
        ? `answered ${describeHeard(call.ended)}, and it happened`
        : undefined,
  ),
  eachCall(
    (meaning) => meaning !== 'error',
    ({ ended, succeedsAs }) =>
      meaningOf(ended, succeedsAs) === 'other'
        ? `answered ${describeHeard(ended)}, which says neither how it ended nor that it is pending`
        : undefined,
  ),
  eachCall((meaning, _, { sync }) => inDoubt(meaning) && sync?.kind === 'answered', syncIsWrong),
  eachCall(
    (meaning, _, { ledger, sync }) =>
      meaning === 'pending' && ledger?.state === 'answered' && sync?.kind !== 'answered',
    (_, { sync }) => `the ledger has its answer, and a sync ended in ${describeHeard(sync)}`,
  ),
];

/** How a payment stands after what was done to it. */
const STANDS_AS: Readonly<Record<string, string>> = { capture: 'CHARGED', void: 'VOIDED' };

function standsAs({ succeedsAs }: Call, { later }: Case): string {
  const change = later.find(
    ({ outcome, operation }) => outcome === 'approved' && STANDS_AS[operation] !== undefined,
  );
  return STANDS_AS[change?.operation ?? ''] ?? succeedsAs;
}

function syncIsWrong(call: Call, the: Case): string | undefined {
  const { effects, ledger, sync, key } = the;
  if (sync?.kind !== 'answered') return undefined;
  const approved = effects.find(({ outcome }) => outcome === 'approved');
  const meaning = meaningOf(sync, standsAs(call, the));
  const isSettled = ledger?.state === 'answered' || ledger?.state === 'withdrawn';
  const said = `a sync said ${describeHeard(sync)}`;
  if (approved === undefined && meaning === 'success') return `${said}, and it never happened`;
  if (approved !== undefined && saysNotDone(sync.status, meaning, call)) return `${said}, and it happened`;
  // It stands in the ledger how it ended: anything less is no answer.
  if (isSettled && approved !== undefined && meaning !== 'success')
    return `${said}, and the ledger has the answer of ${key}`;
  if (isSettled && approved === undefined && !saysNotDone(sync.status, meaning, call))
    return `${said}, and the ledger says that it did not happen`;
  const isAboutItself = call.operation === 'authorize' || call.operation === 'refund';
  if (meaning === 'success' && isAboutItself && sync.id !== approved?.id)
    return `${said}, and the book says ${approved?.id}`;
  return undefined;
}
