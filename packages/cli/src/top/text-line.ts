/** A line of fixed width that may be coloured: lengths are counted before the colour is put on. */
import type { Paint } from '@nats-bridge/logging';

type Style = Parameters<Paint>[0];
export type Segment = string | readonly [text: string, style: Style];

/** Cut at `width` columns, with an ellipsis where something is missing. */
export function textLine(width: number, paint: Paint, segments: readonly Segment[]): string {
  const plain = segments.map((segment) => visible(typeof segment === 'string' ? segment : segment[0]));
  const isCut = plain.join('').length > width;
  let left = isCut ? width - 1 : width;
  const parts = segments.map((segment, index) => {
    const text = (plain[index] ?? '').slice(0, left);
    left -= text.length;
    return text === '' || typeof segment === 'string' ? text : paint(segment[1], text);
  });
  return isCut ? `${parts.join('')}…` : parts.join('').trimEnd();
}

/** As wide as told: filled, or cut. */
export function left(text: string, width: number): string {
  return cut(text, width).padEnd(width);
}

export function right(text: string, width: number): string {
  return cut(text, width).padStart(width);
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : width < 1 ? '' : `${text.slice(0, width - 1)}…`;
}

/** Callers name connectors, and whoever runs a worker names it: nothing of that moves the cursor. */
function visible(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what is looked for
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, '·');
}
