/** The `[nats_bridge.approvals]` section: which actions need a second person, and how long they wait for one. */
import { APPROVABLE } from '@nats-bridge/protocol';
import { z } from 'zod';
import { duration } from './duration.js';

const allowed = { error: `must be a list of ${APPROVABLE.join(', ')}, each once at most` };
const actions = z.array(z.enum(APPROVABLE)).refine((named) => new Set(named).size === named.length, allowed);

export const approvalsSchema = z
  .strictObject({
    /** Left out: none. */
    required_for: z
      .union(
        [
          actions,
          z
            .string()
            .transform((list) => list.split(',').map((name) => name.trim()))
            .pipe(actions),
        ],
        allowed,
      )
      .default([]),
    /** A proposal that nobody decided within this time does nothing any more. */
    expires_after: duration.default('24h'),
  })
  .prefault({});
