/** What a person sees: tables, marks and progress; colour only where a terminal shows it. */
import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

export function paint(style: Style, text: string): string {
  const wantsColour = process.stdout.isTTY === true && !process.env.NO_COLOR;
  return wantsColour ? styleText(style, text) : text;
}

export const mark = {
  ok: () => paint('green', '✓'),
  warning: () => paint('yellow', '!'),
  failed: () => paint('red', '✗'),
};

/** Columns as wide as their widest cell; the head is dimmed. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [paint('dim', line(head)), ...rows.map(line)].join('\n');
}

/** How the log is written to standard error: for a person at a terminal, for programs elsewhere. */
export function logStyle(): 'readable' | 'json' {
  return process.stderr.isTTY === true ? 'readable' : 'json';
}

/** A line on standard error, so that standard output stays for results. */
export function progress(text: string): void {
  process.stderr.write(`${paint('dim', '…')} ${text}\n`);
}
