/** Environment variables that look like settings and are none, such as NATS_BRIDGE_BASE_URL with one underscore too few. */
import { nearestNames } from '@nats-bridge/protocol';
import type { z } from 'zod';
import { type ConfigSections, unwrap } from './load-config.js';

/** What Kubernetes tells every container of a service called nats-bridge. */
const OF_KUBERNETES = /^NATS_BRIDGE_(SERVICE|PORT)(_|$)/;

/** @param others that are read, and by other means. @returns what to say of each */
export function strayVariables(
  sections: ConfigSections,
  env: Readonly<Record<string, string | undefined>>,
  others: readonly string[],
): readonly string[] {
  const known = [...others, ...Object.entries(sections).flatMap(([name, schema]) => keysOf(schema, [name]))];
  return Object.keys(env)
    .filter((name) => /^NATS_BRIDGE_(?!_)/.test(name) && !others.includes(name) && !OF_KUBERNETES.test(name))
    .map((name) => `${name}: no such environment variable is read${nearestNames(name, known)}`);
}

/** As variables. */
function keysOf(schema: z.ZodType, path: readonly string[]): string[] {
  const { shape } = unwrap(schema) as { readonly shape?: Readonly<Record<string, z.ZodType>> };
  return shape === undefined
    ? [path.join('__').toUpperCase()]
    : Object.entries(shape).flatMap(([key, inner]) => keysOf(inner, [...path, key]));
}
