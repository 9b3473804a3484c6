/** What a conflict is and what can be done about it, in words. Never to delete: what a stream holds is not made again. */
import { isLowering } from './compare-config.js';
import type { Difference, TopologyChange } from './topology-spec.js';

/** Of `nats stream edit` and `nats consumer edit`, where they are not called as the field is. */
const FLAGS: Readonly<Record<string, string>> = { duplicate_window: 'dupe-window', num_replicas: 'replicas' };
/** In the server's nanoseconds. */
const DURATIONS = new Set(['max_age', 'duplicate_window', 'ack_wait']);
const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const;

/** One line. @param conflict a change whose action is `conflict` */
export function describeConflict({ kind, name, stream, differences }: TopologyChange): string {
  const lowered = differences.filter(isLowering);
  const others = differences.filter((difference) => !isLowering(difference));
  const parts = [`the ${kind} ${name} is left as it is`];
  if (lowered.length > 0) {
    const asset = kind === 'consumer' ? `consumer edit ${stream} ${name}` : `stream edit ${stream}`;
    const flags = lowered.map(({ field, want }) => `--${flagOf(field)}=${textOf(field, want)}`);
    parts.push(
      `${lowered.map(describe).join(', ')}: a limit only grows by itself, since a lower one would lose what is above it; if that is meant: nats ${asset} ${flags.join(' ')}`,
    );
  }
  if (others.length > 0)
    parts.push(
      `${others.map(describe).join(', ')}: the server does not change that in what is there; configure it as it is`,
    );
  return parts.join('. ');
}

function describe({ field, have, want }: Difference): string {
  return `${field} is ${textOf(field, have)}, configured ${textOf(field, want)}`;
}

function flagOf(field: string): string {
  return FLAGS[field] ?? field.replaceAll('_', '-');
}

function textOf(field: string, value: unknown): string {
  if (value === undefined) return 'not set';
  if (typeof value !== 'number') return JSON.stringify(value);
  if (!DURATIONS.has(field)) return String(value);
  const ms = value / 1_000_000;
  const unit = UNITS.find(([, length]) => ms >= length && ms % length === 0);
  return unit === undefined ? `${ms}ms` : `${ms / unit[1]}${unit[0]}`;
}
