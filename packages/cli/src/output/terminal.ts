/** What a person sees: tables, marks and progress; colour only where a terminal shows it. */
import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** @param stream where it is written to; what is not a terminal shows no colour */
export function paint(style: Style, text: string, stream: NodeJS.WriteStream = process.stdout): string {
  const wantsColour = stream.isTTY === true && !process.env.NO_COLOR;
  return wantsColour ? styleText(style, text) : text;
}

export const mark = {
  ok: (stream?: NodeJS.WriteStream) => paint('green', '✓', stream),
  warning: (stream?: NodeJS.WriteStream) => paint('yellow', '!', stream),
  failed: (stream?: NodeJS.WriteStream) => paint('red', '✗', stream),
};

/** Columns as wide as their widest cell, those of numbers set right; the head is dimmed. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  const isNumeric = head.map((_, column) =>
    rows.every((row) => /^([\d,]+(\.\d+)?)?$/.test(row[column] ?? '')),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return isNumeric[column] ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd();
  return [paint('dim', line(head)), ...rows.map(line)].join('\n');
}

const MOST_TO_READ = 80;

/** For the last column: at a terminal a long text ends in `…`; a program gets all of it. */
export function inOneRow(text: string, stream: NodeJS.WriteStream = process.stdout): string {
  const isCut = stream.isTTY === true && text.length > MOST_TO_READ;
  return isCut ? `${text.slice(0, MOST_TO_READ - 1)}…` : text;
}

/** How the log is written to standard error: for a person at a terminal, for programs elsewhere. */
export function logStyle(): 'readable' | 'json' {
  return process.stderr.isTTY === true ? 'readable' : 'json';
}

/** A line on standard error, so that standard output stays for results. */
export function progress(text: string): void {
  process.stderr.write(`${paint('dim', '…', process.stderr)} ${text}\n`);
}
