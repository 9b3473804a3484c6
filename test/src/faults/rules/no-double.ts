/** P3: one key has one effect and one answer, and the answer is that of the effect. */
import { type Case, describeHeard, meaningOf } from '../evidence.js';
import { eachCall, eachKey, type Rule } from './rule.js';

const OUTCOME = { success: 'approved', decline: 'declined' } as const;

export const noDouble: readonly Rule[] = [
  eachKey(
    ({ effects }) => effects.length > 0,
    ({ effects }) => (effects.length > 1 ? `it was carried out ${effects.length} times` : undefined),
  ),
  eachKey((the) => finalAnswers(the).length > 1, differ),
  eachCall(
    (meaning) => meaning === 'success' || meaning === 'decline',
    ({ ended, succeedsAs }, { effects }) => {
      const meaning = meaningOf(ended, succeedsAs);
      const outcome = meaning === 'success' ? OUTCOME.success : OUTCOME.decline;
      const isThere = effects.some(
        (effect) => effect.outcome === outcome && ended.kind === 'answered' && effect.id === ended.id,
      );
      return isThere
        ? undefined
        : `the caller heard ${describeHeard(ended)}, and the book has no such effect`;
    },
  ),
  ({ calls, effects }) =>
    effects.flatMap((effect) => {
      const asked = calls[0];
      if (asked === undefined) return [];
      const isSame = asked.amount === effect.amount && asked.operation === effect.operation;
      const why = `asked for ${asked.operation} of ${asked.amount}, done: ${effect.operation} of ${effect.amount}`;
      return [{ subject: `effect ${effect.id}`, why: isSame ? undefined : why }];
    }),
  eachKey(
    ({ ledger }) => ledger?.state === 'answered',
    ({ ledger, effects }) => {
      const outcome = ledger?.status === 'success' ? 'approved' : 'declined';
      return effects.some((effect) => effect.id === ledger?.id && effect.outcome === outcome)
        ? undefined
        : `the ledger's answer is ${ledger?.status} ${ledger?.id ?? ''}, and the book has no such effect`;
    },
  ),
  eachKey(({ ledger }) => ledger?.state === 'answered', repeatDiffers),
];

/** What callers were told to be the end of it, and what a repeat at the end was told. */
function finalAnswers({ calls }: Case): readonly string[] {
  return calls.flatMap(({ ended, succeedsAs }) => {
    const meaning = meaningOf(ended, succeedsAs);
    return (meaning === 'success' || meaning === 'decline') && ended.kind === 'answered'
      ? [`${ended.status} ${ended.id}`]
      : [];
  });
}

function differ(the: Case): string | undefined {
  const answers = new Set(finalAnswers(the));
  return answers.size > 1 ? `its callers heard different answers: ${[...answers].join(', ')}` : undefined;
}

function repeatDiffers({ ledger, calls, repeat }: Case): string | undefined {
  const succeedsAs = calls[0]?.succeedsAs;
  if (succeedsAs === undefined) return undefined;
  const wanted = ledger?.status === 'success' ? 'success' : 'decline';
  const isSame =
    repeat?.kind === 'answered' && meaningOf(repeat, succeedsAs) === wanted && repeat.id === ledger?.id;
  return isSame
    ? undefined
    : `asked again at the end it said ${describeHeard(repeat)}, and the ledger's answer is ${ledger?.status} ${ledger?.id ?? ''}`;
}
