/** A line of the log for a person at a terminal. */
import type { styleText } from 'node:util';
import type { LogEntry, LogLevel } from '@nats-bridge/protocol';

type Style = Parameters<typeof styleText>[0];
/** Colours a text, or leaves it as it is. */
export type Paint = (style: Style, text: string) => string;

const COLOUR: Readonly<Record<LogLevel, Style>> = {
  debug: 'dim',
  info: 'cyan',
  warn: 'yellow',
  error: 'red',
};

/** `12:58:57.252 info  calls    authorize succeeded  merchant_1 pay_1 att_1  35.1 ms  9a1c851f` */
export function readableLine(entry: Omit<LogEntry, 'instance'>, paint: Paint): string {
  const { time, level, module, message } = entry;
  const about = [entry.merchant_id, entry.payment_id, entry.attempt_id].filter((id) => id !== undefined);
  const details = [
    about.join(' '),
    entry.code,
    entry.duration_ms !== undefined && `${Math.round(entry.duration_ms * 10) / 10} ms`,
    entry.delivery !== undefined && entry.delivery > 1 && `delivery ${entry.delivery}`,
    // Enough to tell one call from another, and to ask for it.
    entry.correlation_id?.slice(0, 8),
  ].filter(Boolean);
  const line = [
    paint('dim', time.slice(11, 23)),
    paint(COLOUR[level], level.padEnd(5)),
    module.padEnd(8),
    visible(message),
    ...(details.length > 0 ? [paint('dim', ` ${visible(details.join('  '))}`)] : []),
  ];
  return line.join(' ');
}

/** Workers may write anything into their lines: nothing of it moves the cursor. */
function visible(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what is looked for
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, '\u00b7');
}
