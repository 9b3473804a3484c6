/** The OpenAPI document of the admin API, made from the routes themselves. */
import { z } from 'zod';
import type { AdminRoute } from './route.js';
import { problem } from './schema/common.js';

export const ADMIN_PATH = '/admin/v1';

/** OpenAPI 3.1, whose schemas are JSON Schema. */
export function openApiOf(routes: readonly AdminRoute[]): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes)
    paths[route.path] = { ...paths[route.path], [route.method]: operationOf(route) };
  return {
    openapi: '3.1.0',
    info: {
      title: 'NATS Bridge admin API',
      version: '1',
      description:
        'What the operations console is built on. Times are ISO 8601 in UTC; durations end in their unit.',
    },
    servers: [{ url: ADMIN_PATH }],
    security: [{ bearer: [] }],
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
      responses: { problem: { description: 'What is wrong, and what to do.', content: json(problem) } },
    },
    paths,
  };
}

function operationOf({ method, path, summary, role, query, body, answer }: AdminRoute): object {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  return {
    operationId: `${method}${path.replaceAll(/[^a-z0-9]+/gi, '_')}`,
    summary,
    description: `For the role ${role} and those above it.`,
    parameters: [...inPath, ...queryParameters(query)],
    ...(body !== undefined && { requestBody: { required: true, content: json(body) } }),
    responses: {
      200: {
        description: 'Done.',
        content: typeof answer === 'string' ? { [answer]: { schema: { type: 'string' } } } : json(answer),
      },
      default: { $ref: '#/components/responses/problem' },
    },
  };
}

type ObjectSchema = { properties?: Record<string, object>; required?: string[] };

function queryParameters(query: z.ZodType | undefined): object[] {
  if (query === undefined) return [];
  const { properties = {}, required = [] } = schemaOf(query) as ObjectSchema;
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema,
  }));
}

function json(schema: z.ZodType): object {
  return { 'application/json': { schema: schemaOf(schema) } };
}

/** As somebody sends it: what has a default need not be there. */
function schemaOf(schema: z.ZodType): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return rest;
}
