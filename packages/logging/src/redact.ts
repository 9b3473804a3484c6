/** A net under what messages say: they are written without payment data, and this catches what slips in all the same. */
import { MAX_LOG_MESSAGE, withoutCardNumbers } from '@nats-bridge/protocol';

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
  const withoutSecrets = message
    .slice(0, MAX_LOG_MESSAGE)
    .replaceAll(CONTROL, ' ')
    .replaceAll(IN_ADDRESS, '//[secret]@')
    .replaceAll(AFTER_NAME, '$1$2[secret]');
  return withoutCardNumbers(withoutSecrets, '[card]').slice(0, MAX_LOG_MESSAGE);
}
