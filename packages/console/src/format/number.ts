/** Numbers as people on call read them. */

const grouped = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 });

export function count(value: number): string {
  return grouped.format(value);
}

/** Per second: one decimal where it matters. */
export function rate(value: number): string {
  return value >= 100 || value === 0 ? count(value) : value.toFixed(1);
}

const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

export function bytes(value: number): string {
  let scaled = value;
  let unit = 0;
  while (scaled >= 1_024 && unit < BYTE_UNITS.length - 1) {
    scaled /= 1_024;
    unit += 1;
  }
  return `${unit === 0 || scaled >= 100 ? Math.round(scaled) : scaled.toFixed(1)} ${BYTE_UNITS[unit]}`;
}

/** A share of 1, never rounded to "all" or "none" where it is neither. */
export function percent(share: number): string {
  const value = share * 100;
  if (value > 0 && value < 0.1) return '< 0.1 %';
  if (value < 100 && value > 99.9) return '> 99.9 %';
  return `${Number.isInteger(value) || value >= 10 ? Math.round(value * 10) / 10 : value.toFixed(1)} %`;
}

export function plural(amount: number, one: string, many = `${one}s`): string {
  return `${count(amount)} ${amount === 1 ? one : many}`;
}
