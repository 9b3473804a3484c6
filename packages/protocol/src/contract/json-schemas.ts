/** JSON Schemas of the messages, made from the schemas that validate them. */
import { z } from 'zod';
import { bridgeRequestSchema } from '../request.js';
import { bridgeResponseSchema } from '../response.js';
import { routerDataSchema } from '../router-data.js';

/** By file name; draft 2020-12. */
export function jsonSchemas(): Readonly<Record<string, object>> {
  const options = { io: 'input', unrepresentable: 'any' } as const;
  return {
    'request.schema.json': z.toJSONSchema(bridgeRequestSchema, options),
    'response.schema.json': z.toJSONSchema(bridgeResponseSchema, options),
    'router-data.schema.json': z.toJSONSchema(routerDataSchema, options),
  };
}
