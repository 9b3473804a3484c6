import { describe, expect, it } from 'vitest';
import { ADMIN_ROUTES, createAdminApp } from './admin-app.js';
import type { AdminWorld } from './admin-world.js';
import { openApiOf } from './open-api.js';

type Parameter = { readonly name: string; readonly in: string; readonly required: boolean };
type Operation = { readonly operationId: string; readonly parameters: readonly Parameter[] };

const { paths } = openApiOf(ADMIN_ROUTES) as { paths: Record<string, Record<string, Operation>> };
const documented = Object.entries(paths).flatMap(([path, methods]) =>
  Object.keys(methods).map((method) => `${method} ${path}`),
);
const operations = Object.entries(paths).flatMap(([path, methods]) =>
  Object.values(methods).map((operation) => ({ path, ...operation })),
);

describe('the OpenAPI document', () => {
  it('has every route that the admin API serves, and no other', () => {
    const world = { config: { rate_limit: 1 } } as AdminWorld;
    const app = createAdminApp({ world, authenticate: async () => undefined, onWarning: () => {} });
    const served = app.routes.map(
      ({ method, path }) => `${method.toLowerCase()} ${path.replaceAll(/:(\w+)/g, '{$1}')}`,
    );
    expect(served.toSorted()).toEqual(documented.toSorted());
    expect(documented.length).toBeGreaterThan(20);
  });

  it('names each operation once, with every parameter of its path', () => {
    const ids = operations.map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { path, parameters } of operations) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect(parameters.filter((one) => one.in === 'path').map(({ name }) => name)).toEqual(inPath);
    }
  });
});
