/** Configuration from a TOML file with environment variables over it; a wrong value never gets past here. */
import { readFileSync } from 'node:fs';
import { nearestNames } from '@nats-bridge/protocol';
import { parse as parseToml, TomlError } from 'smol-toml';
import type { z } from 'zod';
import { ConfigError, type ConfigProblem } from './config-error.js';

export type ConfigSections = Readonly<Record<string, z.ZodType>>;
type Loaded<S extends ConfigSections> = { readonly [K in keyof S]: z.output<S[K]> };
type Tree = { [key: string]: unknown };

export type ConfigSource = {
  /** Path of a TOML file; left out for defaults and environment alone. */
  readonly file?: string;
  /** Values a program gives itself, instead of a file. */
  readonly values?: Readonly<Record<string, unknown>>;
  /** `NATS_BRIDGE__REQUEST_TIMEOUT_MS=5000` sets `nats_bridge.request_timeout_ms`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Over both, by dotted key: what somebody gave as an option of a command, and how that is called. */
  readonly options?: Readonly<Record<string, { readonly value: unknown; readonly name: string }>>;
};

/**
 * Reads the sections a program knows.
 *
 * @throws ConfigError that lists every wrong key with its value, where it stands and what is allowed.
 */
export function loadConfig<S extends ConfigSections>(sections: S, source: ConfigSource): Loaded<S> {
  const { tree, origins } = readTree(sections, source);
  const place = source.file ?? 'the given values';

  const problems: ConfigProblem[] = [];
  for (const key of Object.keys(tree))
    if (!Object.hasOwn(sections, key))
      problems.push(unknownKey([key], place, `; known are ${Object.keys(sections).join(', ')}`));

  const loaded: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(sections)) {
    const parsed = schema.safeParse(tree[name] ?? {});
    if (parsed.success) loaded[name] = parsed.data;
    else
      problems.push(
        ...parsed.error.issues.flatMap((issue) => describe(issue, name, schema, tree, place, origins)),
      );
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return loaded as Loaded<S>;
}

/**
 * Whether the source itself has a value for a key, be it the default's.
 *
 * @param key dotted, for example `nats_bridge.base_url`
 */
export function isNamed(sections: ConfigSections, source: ConfigSource, key: string): boolean {
  return valueAt(readTree(sections, source).tree, key.split('.')) !== undefined;
}

function readTree(sections: ConfigSections, source: ConfigSource) {
  const tree: Tree = source.file === undefined ? { ...source.values } : readFile(source.file);
  const origins = new Map<string, string>();
  applyEnvironment(tree, sections, source.env ?? {}, origins);
  for (const [key, { value, name }] of Object.entries(source.options ?? {})) {
    put(tree, key.split('.'), value);
    origins.set(key, name);
  }
  return { tree, origins };
}

function readFile(file: string): Tree {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const message = code === 'ENOENT' ? 'there is no such file' : `cannot be read (${code})`;
    throw new ConfigError([{ key: '', where: file, message }]);
  }
  try {
    return parseToml(text) as Tree;
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause;
    const reason = cause.message.split('\n')[0] ?? 'syntax error';
    throw new ConfigError([{ key: '', where: `${file}:${cause.line}:${cause.column}`, message: reason }]);
  }
}

function applyEnvironment(
  tree: Tree,
  sections: ConfigSections,
  env: Readonly<Record<string, string | undefined>>,
  origins: Map<string, string>,
): void {
  for (const [variable, text] of Object.entries(env)) {
    const path = variable.toLowerCase().split('__');
    const schema = sections[path[0] ?? ''];
    if (text === undefined || path.length < 2 || schema === undefined) continue;
    put(tree, path, fromText(text, leafType(schema, path.slice(1))));
    origins.set(path.join('.'), `environment variable ${variable}`);
  }
}

function put(tree: Tree, path: readonly string[], value: unknown): void {
  let node = tree;
  for (const key of path.slice(0, -1)) {
    if (typeof node[key] !== 'object' || node[key] === null) node[key] = {};
    node = node[key] as Tree;
  }
  node[path.at(-1) ?? ''] = value;
}

/** Environment variables are text: numbers and booleans are read where the schema wants them. */
function fromText(text: string, type: string | undefined): unknown {
  if (type === 'boolean' && /^(true|false)$/i.test(text)) return text.toLowerCase() === 'true';
  if (type === 'number' && text.trim() !== '' && Number.isFinite(Number(text))) return Number(text);
  return text;
}

function leafType(schema: z.ZodType, path: readonly string[]): string | undefined {
  return schemaAt(schema, path)?.def.type;
}

function knownKeys(schema: z.ZodType, path: readonly string[]): string[] {
  const { shape, keyType } = (schemaAt(schema, path) ?? {}) as {
    shape?: object;
    keyType?: { options?: string[] };
  };
  return shape === undefined ? (keyType?.options ?? []) : Object.keys(shape);
}

function schemaAt(schema: z.ZodType, path: readonly string[]): z.ZodType | undefined {
  let current = unwrap(schema);
  for (const key of path) {
    const { shape, valueType, element } = current as {
      shape?: Record<string, z.ZodType>;
      valueType?: z.ZodType;
      element?: z.ZodType;
    };
    const next = shape?.[key] ?? valueType ?? element;
    if (next === undefined) return undefined;
    current = unwrap(next);
  }
  return current;
}

/** Without what makes it optional or gives it a default. */
export function unwrap(schema: z.ZodType): z.ZodType {
  const inner = (schema.def as { innerType?: z.ZodType }).innerType;
  return inner === undefined ? schema : unwrap(inner);
}

function describe(
  issue: z.core.$ZodIssue,
  section: string,
  schema: z.ZodType,
  tree: Tree,
  place: string,
  origins: Map<string, string>,
): ConfigProblem[] {
  const path = [section, ...issue.path.map(String)];
  const whereOf = (key: string) => origins.get(key) ?? place;
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => {
      const full = [...path, key];
      const nearest = nearestNames(key, knownKeys(schema, path.slice(1)));
      return unknownKey(full, whereOf(full.join('.')), nearest || '; see docs/configuration.md');
    });
  const key = path.join('.');
  if (issue.code === 'invalid_key')
    return [{ key, where: whereOf(key), message: `is no name here: it ${issue.issues[0]?.message}` }];
  return [{ key, value: valueAt(tree, path), where: whereOf(key), message: allowed(issue) }];
}

function allowed(issue: z.core.$ZodIssue): string {
  if (issue.code === 'too_small' && issue.origin === 'number') return `must be at least ${issue.minimum}`;
  // Of lists and texts the schema may have words of its own.
  if (issue.code === 'too_small' && issue.message.startsWith('Too small'))
    return `must have at least ${issue.minimum}`;
  if (issue.code === 'too_big') return `must be at most ${issue.maximum}`;
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.map(String).join(', ')}`;
  return issue.message;
}

function unknownKey(path: readonly string[], where: string, hint: string): ConfigProblem {
  return { key: path.join('.'), where, message: `is not a known key${hint}` };
}

function valueAt(tree: Tree, path: readonly string[]): unknown {
  let node: unknown = tree;
  for (const key of path) node = (node as Tree | undefined)?.[key];
  return node;
}
