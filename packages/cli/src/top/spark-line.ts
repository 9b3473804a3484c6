/** A row of bars, one for each value: how something went. */

const BARS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;
const NOTHING = ' ';

/** The newest values that fit stand at the right; null is a gap, and 0 the lowest bar. */
export function sparkLine(values: readonly (number | null)[], width: number): string {
  const shown = values.slice(-width);
  const highest = Math.max(0, ...shown.map((value) => value ?? 0));
  const bars = shown.map((value) => {
    if (value === null) return NOTHING;
    if (highest === 0) return BARS[0];
    return BARS[Math.min(BARS.length - 1, Math.round((value / highest) * (BARS.length - 1)))] ?? BARS[0];
  });
  return bars.join('').padStart(width);
}

/** `███▌      ` of a share from 0 to 1. */
export function shareBar(share: number, width: number): string {
  const eighths = Math.round(Math.min(1, Math.max(0, share)) * width * 8);
  const full = '█'.repeat(Math.floor(eighths / 8));
  const part = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'][eighths % 8] ?? '';
  return `${full}${part}`.padEnd(width, '·');
}
