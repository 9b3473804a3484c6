/** Plans and reports as programs read them: fields in snake_case, as those of payments and of NATS are. */
import { inSnakeCase } from '@nats-bridge/protocol';

/** One line of JSON. Times are ISO 8601, UTC. */
export function asJson(value: unknown): string {
  return JSON.stringify(value, (_, held: unknown) =>
    typeof held === 'object' && held !== null && !Array.isArray(held)
      ? Object.fromEntries(Object.entries(held).map(([name, one]) => [inSnakeCase(name), one]))
      : held,
  );
}
