/** A route of the admin API: what it takes, what it answers, who may, and what it does. OpenAPI is made of the same. */
import { ValidationError } from '@nats-bridge/protocol';
import type { z } from 'zod';
import type { Role } from './admin-config.js';
import type { AdminWorld } from './admin-world.js';
import type { Principal } from './authenticate.js';

export type RouteInput<Q, B> = {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Q;
  readonly body: B;
  readonly by: Principal;
  /** Aborts when who asked is gone. */
  readonly signal: AbortSignal;
};

export type AdminRoute = {
  readonly method: 'get' | 'post' | 'put';
  /** Below `/admin/v1`, parameters as `{name}`. */
  readonly path: string;
  readonly summary: string;
  readonly role: Role;
  /** Parameters that it does not name are refused. */
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** A schema, or the media type of what is streamed. */
  readonly answer: z.ZodType | 'text/event-stream' | 'text/csv' | 'application/json';
  handle(world: AdminWorld, input: RouteInput<never, never>): Promise<unknown> | unknown;
};

type Typed<Q extends z.ZodObject | undefined, B extends z.ZodType | undefined, A> = Omit<
  AdminRoute,
  'query' | 'body' | 'answer' | 'handle'
> & {
  readonly query?: Q;
  readonly body?: B;
  readonly answer: A;
  handle(
    world: AdminWorld,
    input: RouteInput<
      Q extends z.ZodObject ? z.output<Q> : undefined,
      B extends z.ZodType ? z.output<B> : undefined
    >,
  ): A extends z.ZodType ? Promise<z.input<A>> | z.input<A> : Response | Promise<Response>;
};

/** Ties the types of what is handled to the schemas. */
export function route<
  A extends AdminRoute['answer'],
  Q extends z.ZodObject | undefined = undefined,
  B extends z.ZodType | undefined = undefined,
>(definition: Typed<Q, B, A>): AdminRoute {
  return definition as unknown as AdminRoute;
}

/** What is answered instead, with what to do. */
export class AdminProblem extends Error {
  override readonly name = 'AdminProblem';

  constructor(
    readonly status: 400 | 401 | 403 | 404 | 409 | 429 | 503,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** What the ledger or a rule forbids is a conflict, said in the words of the connector. */
export async function acted<T>(action: Promise<T>): Promise<T> {
  return action.catch((error: unknown) => {
    throw error instanceof ValidationError ? new AdminProblem(409, 'CONFLICT', error.message) : error;
  });
}
