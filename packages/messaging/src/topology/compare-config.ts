/** Finds what differs between what a server has and what is wanted, and what of it may be changed. Pure. */
import { isDeepStrictEqual } from 'node:util';
import { covers } from '@nats-bridge/protocol';
import type { Difference } from './topology-spec.js';

type Config = Readonly<Record<string, unknown>>;

export type Comparison = {
  /** May be changed: nothing is lost. */
  readonly changeable: readonly Difference[];
  /** Cannot be changed, or only by losing messages or safety. */
  readonly conflicting: readonly Difference[];
};

/** Fields that the server fixes at creation. */
const FIXED = new Set(['storage', 'retention', 'mirror', 'deliver_policy', 'ack_policy', 'durable_name']);
/** Lower means fewer messages, deliveries or copies; 0 and -1 mean no limit. */
const LIMITS = new Set([
  'max_age',
  'max_msgs',
  'max_bytes',
  'max_msgs_per_subject',
  'max_msg_size',
  'max_deliver',
  'duplicate_window',
]);
/** May be switched on, never off. */
const ONE_WAY = new Set(['deny_delete', 'deny_purge', 'allow_msg_ttl']);

/** Only fields that `want` has are compared. Subjects the server has beside the wanted ones are no difference. */
export function compareConfig(have: Config, want: Config): Comparison {
  const changeable: Difference[] = [];
  const conflicting: Difference[] = [];
  for (const [field, wanted] of Object.entries(normalised(want))) {
    const present = normalised(have)[field];
    if (isSatisfied(field, present, wanted)) continue;
    const difference = { field, have: present, want: wanted };
    (isSafe(field, present, wanted) ? changeable : conflicting).push(difference);
  }
  return { changeable, conflicting };
}

/** Whether a limit, or the number of copies, would become less: the server would do it, and drop what is over it. */
export function isLowering({ field, have, want }: Difference): boolean {
  return (LIMITS.has(field) || field === 'num_replicas') && !isSafe(field, have, want);
}

/** The present configuration with only these fields changed; subjects and metadata only grow. */
export function mergeConfig<Config extends object>(
  have: Config,
  wanted: Partial<Config>,
  changes: readonly Difference[],
): Partial<Config> {
  const present = have as Record<string, unknown>;
  const desired = wanted as Record<string, unknown>;
  const config: Record<string, unknown> = { ...present };
  for (const { field } of changes) {
    if (field === 'subjects') {
      config[field] = [
        ...new Set([...((present[field] as string[]) ?? []), ...(desired[field] as string[])]),
      ];
    } else if (field === 'metadata') {
      config[field] = { ...(present[field] as object), ...(desired[field] as object) };
    } else if (field === 'filter_subjects') {
      config.filter_subject = desired.filter_subject;
      config.filter_subjects = desired.filter_subjects;
    } else {
      config[field] = desired[field];
    }
  }
  return config as Partial<Config>;
}

/** One spelling for what a server may write in two ways. */
function normalised(config: Config): Record<string, unknown> {
  const { filter_subject, filter_subjects, ...rest } = config;
  if (filter_subject === undefined && filter_subjects === undefined) return rest;
  const filters = (filter_subjects as string[] | undefined) ?? [filter_subject as string];
  return { ...rest, filter_subjects: [...filters].sort() };
}

function isSatisfied(field: string, have: unknown, want: unknown): boolean {
  if (want === undefined) return true; // nats.js adds keys without values
  if (field === 'subjects') return isSubset(want as string[], (have as string[]) ?? []);
  if (field === 'metadata') return containsAll((have as Config) ?? {}, want as Config);
  if (field === 'sources') return isSubset(sourceNames(want), sourceNames(have));
  if (have === undefined) return want === false || want === '' || (LIMITS.has(field) && isUnlimited(want));
  if (LIMITS.has(field) && isUnlimited(have) && isUnlimited(want)) return true;
  return isDeepStrictEqual(plain(have), plain(want));
}

function isSafe(field: string, have: unknown, want: unknown): boolean {
  if (FIXED.has(field)) return false;
  if (LIMITS.has(field)) return isUnlimited(want) || (!isUnlimited(have) && Number(want) > Number(have));
  if (ONE_WAY.has(field)) return want === true;
  if (field === 'num_replicas') return Number(want) > Number(have);
  if (field === 'filter_subjects') return coversAll(want as string[], have as string[] | undefined);
  // Who reads it names the group that is there, and would be refused.
  if (field === 'priority_policy') return have === undefined || have === 'none';
  if (field === 'priority_groups') return have === undefined;
  // A pull consumer does not become a push consumer.
  if (field === 'deliver_subject') return have !== undefined;
  if (field === 'deliver_group') return have !== undefined;
  return true;
}

function isUnlimited(value: unknown): boolean {
  return value === undefined || Number(value) <= 0;
}

/** Undefined filters take everything, which only `>` covers. */
function coversAll(wide: readonly string[], narrow: readonly string[] = ['>']): boolean {
  return narrow.every((one) => wide.some((other) => covers(other, one)));
}

function isSubset(part: readonly string[], whole: readonly string[]): boolean {
  return part.every((one) => whole.includes(one));
}

function containsAll(have: Config, want: Config): boolean {
  return Object.entries(want).every(([key, value]) => have[key] === value);
}

function sourceNames(sources: unknown): string[] {
  return ((sources as { name: string }[] | undefined) ?? []).map(({ name }) => name);
}

/** Without fields that are undefined, which the server leaves out. */
function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}
