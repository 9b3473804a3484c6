/** A list in the configuration, or text with commas, as an environment variable has it. */
import { z } from 'zod';

export function listOf(item: z.ZodString) {
  return z.union([
    z.array(item).min(1),
    z
      .string()
      .transform((text) => text.split(',').map((part) => part.trim()))
      .pipe(z.array(item).min(1)),
  ]);
}
