/** A net under what messages say: they are written without payment data, and this catches what slips in all the same. */
import { MAX_LOG_MESSAGE } from '@nats-bridge/protocol';

/** Digits of a card, with the blanks and dashes that people put between. */
const CARD = /(?<![\dA-Za-z])\d(?:[ -]?\d){12,18}(?![\dA-Za-z])/g;
/** `//user:password@host` */
const IN_ADDRESS = /\/\/[^/@\s]+@/g;
const AFTER_NAME =
  /\b(authorization|api[_-]?key|secret|password|token|cvc|cvv)("?\s*[:=]\s*"?)(?:Bearer\s+)?[^\s",;}]+/gi;
/** Escape sequences and line ends: a line is one line, and moves no cursor. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;

/** Without one of these there is nothing to take out: most messages are words. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is what is looked for
const SUSPECT = /[\d:=/\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

export function redact(message: string): string {
  if (message.length <= MAX_LOG_MESSAGE && !SUSPECT.test(message)) return message;
  return message
    .slice(0, MAX_LOG_MESSAGE)
    .replaceAll(CONTROL, ' ')
    .replaceAll(IN_ADDRESS, '//[secret]@')
    .replaceAll(AFTER_NAME, '$1$2[secret]')
    .replaceAll(CARD, (digits) => (isCard(digits) ? '[card]' : digits))
    .slice(0, MAX_LOG_MESSAGE);
}

/** Luhn. */
function isCard(text: string): boolean {
  const digits = text.replaceAll(/\D/g, '');
  const sum = [...digits].reverse().reduce((total, digit, index) => {
    const value = index % 2 === 1 ? Number(digit) * 2 : Number(digit);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return sum % 10 === 0;
}
