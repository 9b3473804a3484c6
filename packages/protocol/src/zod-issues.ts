/** Validation issues in one line: which field, what is wrong; never the value, which may be a secret. */
import type { z } from 'zod';

export function describeIssues(error: z.ZodError, limit = 5): string {
  const lines = error.issues
    .slice(0, limit)
    .map((issue) => `${issue.path.map(String).join('.') || 'the message'}: ${issue.message}`);
  const more = error.issues.length - lines.length;
  return lines.join('; ') + (more > 0 ? `; and ${more} more` : '');
}
