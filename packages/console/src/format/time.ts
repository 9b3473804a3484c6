/** Times and durations. Times are shown in UTC, as logs and messages have them. */

const EMPTY = '–';

/** 13:02:11.123 */
export function clock(at: string): string {
  return at.slice(11, 23).replace('Z', '');
}

/** 13:02:11 */
export function clockSeconds(at: string): string {
  return at.slice(11, 19);
}

/** 2026-11-24 13:02:11 */
export function dateAndClock(at: string | null | undefined): string {
  return at == null ? EMPTY : `${at.slice(0, 10)} ${at.slice(11, 19)}`;
}

/** 4.2 ms; 4 ms where no more is known than whole ones. */
export function milliseconds(value: number | null | undefined): string {
  if (value == null) return EMPTY;
  if (value < 10 && Number.isInteger(value)) return value === 0 ? '< 1 ms' : `${value} ms`;
  if (value < 0.05) return '< 0.1 ms';
  if (value < 10) return `${value.toFixed(1)} ms`;
  if (value < 1_000) return `${Math.round(value)} ms`;
  return duration(value);
}

/** 4.2 s, 3 min 5 s, 2 h 4 min, 3 d 2 h */
export function duration(ms: number): string {
  const seconds = ms / 1_000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const whole = Math.round(seconds);
  if (whole < 3_600) return two(whole, 60, 'min', 's');
  if (whole < 86_400) return two(Math.floor(whole / 60), 60, 'h', 'min');
  return two(Math.floor(whole / 3_600), 24, 'd', 'h');
}

function two(value: number, size: number, large: string, small: string): string {
  const rest = value % size;
  return `${Math.floor(value / size)} ${large}${rest > 0 ? ` ${rest} ${small}` : ''}`;
}

export function ago(at: string, nowMs: number): string {
  const ms = nowMs - Date.parse(at);
  return ms < 1_000 ? 'now' : `${duration(ms)} ago`;
}

/** Of an `<input type="datetime-local">`, read as UTC. */
export function isoOfInput(value: string): string | undefined {
  if (value === '') return undefined;
  const at = new Date(`${value}Z`);
  return Number.isNaN(at.getTime()) ? undefined : at.toISOString();
}

export function inputOfIso(at: string | undefined): string {
  return at === undefined ? '' : at.slice(0, 16);
}
