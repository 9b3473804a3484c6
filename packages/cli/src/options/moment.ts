/** Times as people write them on the command line, when or how long ago, and read them in its tables. */
import { InvalidArgumentError } from 'commander';

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** ISO 8601; the time of day, its seconds and the offset may be left out. */
const ISO =
  /^(?<day>\d{4}-\d\d-\d\d)(?:[T ](?<time>\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(?<offset>Z|[+-]\d\d:\d\d)?)?$/;

/** In UTC where no offset is given. */
export function moment(text: string): Date {
  const date = ago(text) ?? when(text);
  if (date === undefined || Number.isNaN(date.getTime()))
    throw new InvalidArgumentError('a time such as 2026-11-24T10:00Z, or how long ago: 30s, 15m, 6h, 2d');
  return date;
}

function ago(text: string): Date | undefined {
  const [, count, unit] = /^(\d+)([smhd])$/.exec(text) ?? [];
  return unit === undefined ? undefined : new Date(Date.now() - Number(count) * (UNITS[unit] ?? 0));
}

function when(text: string): Date | undefined {
  const { day, time = '00:00', offset = 'Z' } = ISO.exec(text)?.groups ?? {};
  if (day === undefined || !isDay(day)) return undefined;
  return new Date(`${day}T${time}${offset}`);
}

/** To JavaScript the 30th of February is the 2nd of March. */
function isDay(day: string): boolean {
  const date = new Date(day);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day);
}

/** `2026-11-24 10:00:00Z`: to the second, and in UTC, as what the bridge stores. */
export function inUtc(at: Date | string): string {
  const iso = typeof at === 'string' ? at : at.toISOString();
  return `${iso.slice(0, 'YYYY-MM-DDTHH:MM:SS'.length).replace('T', ' ')}Z`;
}
