/** Numbers as people read them at a terminal, in few columns. */

export function count(value: number): string {
  if (value < 100_000) return new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 }).format(value);
  const [scaled, unit] =
    value < 1e6 ? [value / 1e3, 'k'] : value < 1e9 ? [value / 1e6, 'M'] : [value / 1e9, 'G'];
  return `${scaled >= 100 ? Math.round(scaled) : scaled.toFixed(1)}${unit}`;
}

/** Per second: one decimal where it matters. */
export function rate(value: number): string {
  return value >= 100 || value === 0 ? count(value) : value.toFixed(1);
}

export function millis(value: number | null): string {
  if (value === null) return '–';
  if (value >= 10_000) return `${(value / 1_000).toFixed(1)} s`;
  return value >= 100 ? `${Math.round(value)} ms` : `${value.toFixed(1)} ms`;
}

export function bytes(value: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;
  let scaled = value;
  let unit = 0;
  while (scaled >= 1_024 && unit < units.length - 1) {
    scaled /= 1_024;
    unit += 1;
  }
  return `${unit === 0 || scaled >= 100 ? Math.round(scaled) : scaled.toFixed(1)} ${units[unit]}`;
}

/** Never rounded to nothing. */
export function percent(share: number): string {
  const value = share * 100;
  return value > 0 && value < 1 ? '<1 %' : `${Math.round(value)} %`;
}

export function plural(amount: number, one: string, many = `${one}s`): string {
  return `${count(amount)} ${amount === 1 ? one : many}`;
}
