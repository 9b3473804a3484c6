/** Parts of a frame that may be longer than there is room for. */
import type { Segment } from './text-line.js';

export type Line = (...segments: Segment[]) => string;
/** With a name in the first columns. */
export type Named = (name: string, ...segments: Segment[]) => string;

/** Lines that may be left out from the end, and what is then said of them. */
export type Section = {
  readonly lines: readonly string[];
  readonly least: number;
  more(left: number): string;
};

/** What each may have before any of them gets more: alerts, operations, workers, streams. */
const FIRST = [4, 9, 4, 5] as const;

/** Hands `room` out: each gets its least, then those before have the first word; what does not fit is counted. */
export function shareRoom(
  room: number,
  sections: readonly [Section, Section, Section, Section],
): readonly string[][] {
  const given = sections.map(({ least }) => least);
  let spare = room - given.reduce((sum, least) => sum + least, 0);
  for (const most of [FIRST, sections.map(() => Number.POSITIVE_INFINITY)])
    for (const [index, { lines }] of sections.entries()) {
      const has = given[index] ?? 0;
      const wanted = Math.min(lines.length, most[index] ?? 0);
      const more = Math.max(0, Math.min(wanted - has, spare));
      given[index] = has + more;
      spare -= more;
    }
  return sections.map(({ lines, more }, index) => {
    const fit = given[index] ?? 0;
    if (lines.length <= fit) return [...lines];
    if (fit <= 1) return lines.slice(0, fit);
    return [...lines.slice(0, fit - 1), more(lines.length - fit + 1)];
  });
}
