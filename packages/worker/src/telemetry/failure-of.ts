/** The kind of an error, which may be told to others: its message may hold what no log, trace or metric may. */

const NAME = /^[A-Za-z_]{1,64}$/;

export function failureOf(error: unknown): string {
  const { name } = (error ?? {}) as { readonly name?: unknown };
  return typeof name === 'string' && NAME.test(name) ? name : '_OTHER';
}
