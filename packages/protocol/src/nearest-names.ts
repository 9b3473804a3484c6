/** Suggestions for a name that is not known. */

const MAX_LENGTH = 64;

/** `; did you mean A or B?` with up to three known names that are close, or nothing. Never repeats the name. */
export function nearestNames(name: unknown, known: Iterable<string>): string {
  if (typeof name !== 'string' || name.length > MAX_LENGTH) return '';
  const folded = fold(name);
  const near = [...known]
    .map((candidate) => ({ candidate, edits: edits(folded, fold(candidate)) }))
    .filter(({ candidate, edits }) => edits <= Math.max(1, Math.floor(candidate.length / 3)))
    .sort((a, b) => a.edits - b.edits)
    // The same name, written differently, needs no others beside it.
    .filter(({ edits }, _, [best]) => edits === 0 || best?.edits !== 0)
    .slice(0, 3)
    .map(({ candidate }) => candidate);
  return near.length === 0 ? '' : `; did you mean ${near.join(' or ')}?`;
}

/** `threeDs` and `THREE_DS` are the same name, written differently. */
function fold(name: string): string {
  return name.replace(/[_\s-]/g, '').toLowerCase();
}

/** How many letters have to be added, removed or changed (Levenshtein's distance). */
function edits(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [index, letter] of [...from].entries()) {
    const next = [index + 1];
    for (let at = 0; at < to.length; at += 1) {
      const changed = (row[at] ?? 0) + (letter === to[at] ? 0 : 1);
      next.push(Math.min(changed, (row[at + 1] ?? 0) + 1, (next[at] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
