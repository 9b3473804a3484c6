/** Card numbers that somebody wrote into a text. */

/** 12 to 19 digits, with the blanks and dashes that people put between, and no part of a longer word. */
const DIGITS = /(?<![\dA-Za-z])\d(?:[ -]?\d){11,18}(?![\dA-Za-z])/g;

/** @param instead of each number that can be one of a card */
export function withoutCardNumbers(text: string, instead: string): string {
  return text.replaceAll(DIGITS, (digits) => (hasCheckDigit(digits) ? instead : digits));
}

/** Luhn, as the numbers of all cards have it (ISO/IEC 7812-1). */
function hasCheckDigit(text: string): boolean {
  const digits = text.replaceAll(/\D/g, '');
  const sum = [...digits].reverse().reduce((total, digit, index) => {
    const value = index % 2 === 1 ? Number(digit) * 2 : Number(digit);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return sum % 10 === 0;
}
