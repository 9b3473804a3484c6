/** Every part of a waterfall has a colour of its own, which is seen on the ground it is drawn on, in both themes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from './worker-process.js';

const read = (name: string) => readFileSync(join(ROOT, 'packages/console/src/styles', name), 'utf8');
const [light = '', dark = ''] = read('tokens.css').split(':root[data-theme="dark"]');
const PARTS = [...read('screens.css').matchAll(/\.waterfall-(\w+) \{\n {2}fill: var\(--part-(\w+)\);/g)];

const colourOf = (theme: string, name: string) =>
  theme.match(new RegExp(`--${name}: (#[0-9a-f]{6});`))?.[1] ?? '';

/** WCAG's, of 1 to 21. */
function contrast(one: string, other: string): number {
  const [lighter = 0, darker = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (lighter + 0.05) / (darker + 0.05);
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

it.each([
  ['light', light],
  ['dark', dark],
])('%s', (_, theme) => {
  const colours = PARTS.map(([, part = '']) => colourOf(theme, `part-${part}`));
  expect(PARTS.map(([, part]) => part)).toEqual(PARTS.map(([, , token]) => token));
  expect(colours).toHaveLength(10);
  expect(new Set(colours).size).toBe(colours.length);
  for (const colour of colours)
    expect(contrast(colour, colourOf(theme, 'sheet')), colour).toBeGreaterThanOrEqual(3);
});
