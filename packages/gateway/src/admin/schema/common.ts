/** What several answers of the admin API share. */
import { z } from 'zod';

/** ISO 8601, UTC. */
export const time = z.iso.datetime().meta({ description: 'ISO 8601, UTC.' });
export const count = z.int().min(0);
export const milliseconds = z.number().min(0);
export const operation = z.string().meta({ description: 'As the operation catalogue names it.' });
export const reason = z
  .string({ error: 'say why, in 1 to 500 characters: it is written into the audit' })
  .trim()
  .min(1)
  .max(500);

export const source = z
  .object({ stream: z.string(), seq: count, subject: z.string() })
  .meta({ description: 'Where a message stands.' });

/** A list that is read page by page. */
export function page<T extends z.ZodType>(item: T) {
  return z.object({
    items: z.array(item),
    total: count.optional(),
    next_cursor: z
      .string()
      .optional()
      .meta({ description: 'Ask again with it as `cursor` for the next page.' }),
  });
}

export const pageQuery = {
  cursor: z.string().max(64).optional().meta({
    description:
      'The `next_cursor` of the page before: it goes on behind its last item, whatever came or went since. Anything else is refused (`BAD_CURSOR`).',
  }),
  limit: z.coerce.number().int().min(1).max(500).default(50),
};

/** `?from=&to=` */
export const timeQuery = { from: z.iso.datetime().optional(), to: z.iso.datetime().optional() };

export const problem = z
  .object({ error: z.object({ code: z.string(), message: z.string() }) })
  .meta({ description: 'What is wrong, and what to do.' });
