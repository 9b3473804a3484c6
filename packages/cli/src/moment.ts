/** Times as people write them on the command line, when or how long ago, and read them in its tables. */
import { InvalidArgumentError } from 'commander';

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

export function moment(text: string): Date {
  const [, count, unit] = /^(\d+)([smhd])$/.exec(text) ?? [];
  const date =
    unit === undefined ? new Date(text) : new Date(Date.now() - Number(count) * (UNITS[unit] ?? 0));
  if (Number.isNaN(date.getTime()))
    throw new InvalidArgumentError('a time such as 2026-11-24T10:00Z, or 30s, 15m, 6h, 2d');
  return date;
}

/** `2026-11-24 10:00:00Z`: to the second, and in UTC, as what the bridge stores. */
export function inUtc(at: Date | string): string {
  const iso = typeof at === 'string' ? at : at.toISOString();
  return `${iso.slice(0, 'YYYY-MM-DDTHH:MM:SS'.length).replace('T', ' ')}Z`;
}
