/** What was found of the audit's chain, in sentences. Pure. */
import type { AuditVerification } from '../api/types.js';
import { count, plural } from '../format/number.js';
import { dateAndClock } from '../format/time.js';

export type ChainWords = {
  readonly text: string;
  /** What is to be known besides, also of a chain that is whole. */
  readonly notes: readonly string[];
  /** Each place where it breaks, and how many more there are. */
  readonly breaks: readonly string[];
};

export function chainWordsOf(found: AuditVerification): ChainWords {
  const { intact, entries, until, unchained, signed, first, problems, problem_count } = found;
  const chained = entries - unchained;
  const entriesRead = `${plural(entries, 'entry', 'entries')} until ${dateAndClock(until)} UTC`;
  if (entries === 0)
    return { text: 'There is no entry yet, and so nothing to verify.', notes: [], breaks: [] };
  return {
    text: intact
      ? `The chain is intact: ${entriesRead}, each follows the one before.`
      : `The chain is broken: ${plural(problem_count, 'problem')} in ${entriesRead}.`,
    notes: [
      ...(unchained > 0
        ? [`${plural(unchained, 'entry', 'entries')} older than the chain prove nothing.`]
        : []),
      ...(first !== null && first > 1
        ? [`Entries 1 to ${count(first - 1)} have expired, or were taken from the front.`]
        : []),
      ...(signed < chained
        ? [`${count(chained - signed)} of ${plural(chained, 'entry', 'entries')} are not signed.`]
        : []),
    ],
    breaks: [
      ...problems.map(({ n, why }) => `${n === 0 ? 'The chain' : `Entry ${count(n)}`}: ${why}.`),
      ...(problem_count > problems.length ? [`And ${count(problem_count - problems.length)} more.`] : []),
    ],
  };
}
