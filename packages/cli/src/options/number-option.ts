/** Numbers that a person gives as options; each throws commander's InvalidArgumentError for anything else. */
import { InvalidArgumentError } from 'commander';

export function wholeNumber(text: string): number {
  return wholeNumberFrom(1)(text);
}

/** @param most without it the largest that is exact */
export function wholeNumberFrom(least: number, most?: number): (text: string) => number {
  const range = most === undefined ? `from ${least}` : `from ${least} to ${most}`;
  return (text) => {
    const number = Number(text);
    const isInRange = number >= least && number <= (most ?? Number.MAX_SAFE_INTEGER);
    if (text.trim() === '' || !Number.isInteger(number) || !isInRange)
      throw new InvalidArgumentError(`must be a whole number ${range}`);
    return number;
  };
}

/** `10` or `10/s`. */
export function positive(text: string): number {
  const number = Number(text.replace(/\/s$/, ''));
  if (!(number > 0)) throw new InvalidArgumentError('a number above 0, such as 10 or 10/s');
  return number;
}
