/** JSON Schemas of the messages, made from the schemas that validate them. */
import { z } from 'zod';
import { bridgeRequestSchema } from '../message/request.js';
import { bridgeResponseSchema } from '../message/response.js';
import { routerDataSchema } from '../message/router-data.js';

type Schema = z.core.JSONSchema.BaseSchema;

/** By file name; draft 2020-12. */
export function jsonSchemas(): Readonly<Record<string, object>> {
  const options = { io: 'input', unrepresentable: 'any', override: simplify } as const;
  return {
    'request.schema.json': z.toJSONSchema(bridgeRequestSchema, options),
    'response.schema.json': z.toJSONSchema(bridgeResponseSchema, options),
    'router-data.schema.json': z.toJSONSchema(routerDataSchema, options),
  };
}

/**
 * The same in the words that generators of types for other languages understand best: what is not forbidden needs no
 * mention, and what may be null is one schema with two types.
 */
function simplify({ jsonSchema }: { jsonSchema: Schema }): void {
  const { properties, additionalProperties, anyOf } = jsonSchema;
  if (properties && Object.keys(properties).length > 0 && isAnything(additionalProperties))
    delete jsonSchema.additionalProperties;
  const [only, none] = anyOf ?? [];
  if (anyOf?.length === 2 && typeof only?.type === 'string' && none?.type === 'null') {
    delete jsonSchema.anyOf;
    Object.assign(jsonSchema, { ...only, ...jsonSchema, type: [only.type, 'null'] });
  }
  // json-schema-to-typescript takes what has a description and no type for an object.
  const names = Object.keys(jsonSchema);
  if (names.length > 0 && names.every((name) => ANNOTATIONS.includes(name))) jsonSchema.tsType = 'unknown';
}

const ANNOTATIONS = ['description', 'title'];

function isAnything(schema: unknown): boolean {
  return typeof schema === 'object' && schema !== null && Object.keys(schema).length === 0;
}
