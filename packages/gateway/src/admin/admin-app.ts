/** The admin API at the HTTP door: who asks, may he, what does he want, and the answer. */
import { getConnInfo } from '@hono/node-server/conninfo';
import { type Context, Hono } from 'hono';
import type { z } from 'zod';
import { describeFault, type OnWarning } from '../warning.js';
import { ROLES } from './admin-config.js';
import type { AdminWorld } from './admin-world.js';
import type { Authenticate, Principal } from './authenticate.js';
import { openApiOf } from './open-api.js';
import { createRateLimit } from './rate-limit.js';
import { AdminProblem, type AdminRoute, route } from './route.js';
import { approvalRoutes } from './routes/approvals.js';
import { installationRoutes } from './routes/installation.js';
import { letterRoutes } from './routes/letters.js';
import { logLevelRoutes } from './routes/log-levels.js';
import { overviewRoutes } from './routes/overview.js';
import { paymentRoutes } from './routes/payments.js';
import { sessionRoutes } from './routes/session.js';
import { createSeenTokens } from './seen-tokens.js';

export type AdminAppOptions = {
  readonly world: AdminWorld;
  readonly authenticate: Authenticate;
  readonly onWarning: OnWarning;
};

/** Wrong tokens of one address, a minute. */
const WRONG_TOKENS = { perSecond: 1 / 6, burst: 10 };

const documentRoute = route({
  method: 'get',
  path: '/openapi.json',
  summary: 'This document.',
  role: 'viewer',
  answer: 'application/json',
  handle: () => Response.json(openApiOf(ADMIN_ROUTES)),
});

export const ADMIN_ROUTES: readonly AdminRoute[] = [
  ...sessionRoutes,
  documentRoute,
  ...overviewRoutes,
  ...paymentRoutes,
  ...letterRoutes,
  ...approvalRoutes,
  ...installationRoutes,
  ...logLevelRoutes,
];

export function createAdminApp({ world, authenticate, onWarning }: AdminAppOptions): Hono {
  const app = new Hono();
  const requests = createRateLimit(world.config.rate_limit);
  const wrongTokens = createRateLimit(WRONG_TOKENS.perSecond, WRONG_TOKENS.burst);
  const seenTokens = createSeenTokens();

  async function principalOf(context: Context): Promise<Principal> {
    const address = addressOf(context);
    const [, token] = /^Bearer ([\x21-\x7e]{1,8192})$/.exec(context.req.header('authorization') ?? '') ?? [];
    const isSeen = token !== undefined && seenTokens.has(token);
    // Before it is tried: past the limit no guess is to be right. Who was let in before does not guess.
    if (!isSeen && wrongTokens.isSpent(address)) throw tooManyWrong();
    const principal = token === undefined ? undefined : await authenticate(token);
    if (token !== undefined && principal !== undefined) {
      seenTokens.add(token);
      if (requests.take(principal.who)) return principal;
      throw new AdminProblem(
        429,
        'RATE_LIMITED',
        `${principal.who} asks more than ${world.config.rate_limit} times a second: wait, or raise gateway.admin.rate_limit`,
      );
    }
    if (!wrongTokens.take(address)) throw tooManyWrong();
    throw new AdminProblem(401, 'UNAUTHENTICATED', 'send Authorization: Bearer and a token of gateway.admin');
  }

  for (const one of ADMIN_ROUTES) {
    const path = one.path.replaceAll(/\{(\w+)\}/g, ':$1');
    app.on(one.method.toUpperCase(), path, async (context) => {
      refuseForeignOrigin(context);
      const by = await principalOf(context);
      if (ROLES.indexOf(by.role) < ROLES.indexOf(one.role))
        throw new AdminProblem(
          403,
          'FORBIDDEN',
          `this is for the role ${one.role}, and ${by.who} is ${by.role}`,
        );
      refuseUnknownParameters(one, Object.keys(context.req.query()));
      const answer = await one.handle(world, {
        params: context.req.param() as Record<string, string>,
        query: parsed(one.query, context.req.query(), 'query') as never,
        body: parsed(one.body, one.body && (await bodyOf(context)), 'body') as never,
        by,
        signal: context.req.raw.signal,
      });
      return answer instanceof Response ? answer : context.json(answer as object);
    });
  }

  app.onError((fault, context) => {
    const { status, code, message } =
      fault instanceof AdminProblem
        ? fault
        : { status: 500 as const, code: 'INTERNAL_ERROR', message: 'the bridge failed; its log says where' };
    if (status === 500)
      onWarning(`admin ${context.req.method} ${context.req.routePath}: ${describeFault(fault)}`);
    if (status === 401) context.header('WWW-Authenticate', 'Bearer');
    return context.json({ error: { code, message } }, status);
  });
  return app;
}

function tooManyWrong(): AdminProblem {
  return new AdminProblem(429, 'RATE_LIMITED', 'too many wrong tokens from this address: wait a minute');
}

/** A page of somebody else's cannot have the token; this is said all the same, before anything is looked at. */
function refuseForeignOrigin(context: Context): void {
  const origin = context.req.header('origin');
  if (origin === undefined || hostOf(origin) === context.req.header('host')) return;
  throw new AdminProblem(403, 'FOREIGN_ORIGIN', 'pages of other origins may not use the admin API');
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}

/** A filter whose name is wrong would give everything. */
function refuseUnknownParameters({ query }: AdminRoute, names: readonly string[]): void {
  const known = Object.keys(query?.shape ?? {});
  const unknown = names.filter((name) => !known.includes(name)).map((name) => name.slice(0, 64));
  if (unknown.length === 0) return;
  const there = known.length === 0 ? 'there are none here' : `there are ${known.join(', ')}`;
  throw new AdminProblem(400, 'VALIDATION_ERROR', `${unknown.join(', ')}: no such query parameter; ${there}`);
}

async function bodyOf(context: Context): Promise<unknown> {
  try {
    return await context.req.json();
  } catch {
    throw new AdminProblem(400, 'VALIDATION_ERROR', 'the body is not JSON');
  }
}

function parsed(schema: z.ZodType | undefined, value: unknown, where: string): unknown {
  if (schema === undefined) return undefined;
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issues = result.error.issues.map(({ path, message }) => `${path.join('.') || where}: ${message}`);
  throw new AdminProblem(400, 'VALIDATION_ERROR', issues.slice(0, 5).join('; '));
}

function addressOf(context: Context): string {
  return getConnInfo(context).remote.address ?? 'unknown';
}
