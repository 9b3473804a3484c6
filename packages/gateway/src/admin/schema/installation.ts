/** Workers, streams, breakers, the audit, the configuration and single messages. */
import { z } from 'zod';
import { count, milliseconds, operation, page, pageQuery, time, timeQuery } from './common.js';

export const workers = z.object({
  items: z.array(
    z.object({
      worker: z.string(),
      id: z.string(),
      operations: z.array(operation),
      capacity: count.meta({ description: 'Requests it takes at once, of each operation.' }),
      weight: count
        .nullable()
        .meta({ description: 'Its share against the other workers; null: it was given none.' }),
      priority: count.meta({
        description: 'Above 0: a backup, for what no worker of a lower number is there for.',
      }),
      in_flight: count.nullable().meta({ description: 'null: it does not say.' }),
    }),
  ),
  consumers_without_workers: z.array(z.string()).meta({ description: 'Something waits, and nobody reads.' }),
  overlaps: z.array(z.string()).meta({ description: 'Consumers that each get the same requests.' }),
});

export const streams = z.object({
  items: z.array(
    z.object({
      name: z.string(),
      messages: count,
      bytes: count,
      max_bytes: count.nullable(),
      share: z.number().nullable().meta({ description: 'Of its nearest limit, 0 to 1; null without one.' }),
      replicas: z.object({ current: count, wanted: count }),
      consumers: z.array(
        z.object({
          name: z.string(),
          pending: count,
          ack_pending: count,
          redelivered: count,
          own: z.boolean().meta({ description: 'Made by the bridge.' }),
        }),
      ),
    }),
  ),
});

export const breakers = z.object({
  items: z.array(
    z.object({
      operation,
      connector: z.string(),
      state: z.enum(['closed', 'open', 'half_open']),
      since: time,
    }),
  ),
  limits: z.object({ in_flight: count, limit: count, failures: count, open_ms: milliseconds }),
  rate_limits: z
    .array(
      z.object({
        rule: z.string(),
        merchant: z.string().meta({ description: '`*`: everybody.' }),
        operation: z.string().meta({ description: '`*`: every one.' }),
        connector: z.string().meta({ description: '`*`: every one.' }),
        requests_per_second: z.number(),
        burst: count,
        max_wait_ms: milliseconds,
        per: z
          .array(z.enum(['merchant', 'operation', 'connector']))
          .meta({ description: 'What has a measure of its own each.' }),
        passed: count.meta({ description: 'Since this gateway began, those that waited among them.' }),
        waited: count,
        turned_away: count,
        used: z.number().meta({ description: 'Of the burst, now, 0 to 1: of whoever has the least left.' }),
      }),
    )
    .meta({ description: 'The most specific first: the first that fits counts.' }),
});

export const auditQuery = z.object({
  who: z.string().max(255).optional(),
  action: z.string().max(64).optional(),
  ...timeQuery,
  ...pageQuery,
});
export const auditPage = page(
  z.object({
    seq: count,
    at: time,
    who: z.string(),
    action: z.string(),
    reason: z.string(),
    target: z.record(z.string(), z.unknown()),
  }),
);

export const auditVerification = z.object({
  intact: z.boolean().meta({
    description:
      'No entry was removed from the middle, altered, inserted or moved, and every signature fits.',
  }),
  entries: count.meta({ description: 'Digests of records among them.' }),
  until: time.nullable().meta({ description: 'When the last of them was stored; null: there is none.' }),
  first: count.nullable().meta({
    description: 'Place of the first in the chain; above 1, older ones have expired, or were taken away.',
  }),
  unchained: count.meta({ description: 'From before there was a chain: they prove nothing.' }),
  signed: count,
  head: z.string().nullable().meta({
    description: 'Hash of the last. Who keeps it elsewhere can tell later whether the end is missing.',
  }),
  problem_count: count,
  problems: z
    .array(
      z.object({ n: count.meta({ description: 'Of the entry; 0: the chain as a whole.' }), why: z.string() }),
    )
    .meta({ description: 'The first twenty places where it shows.' }),
});

export const settings = z.object({
  version: z.string(),
  configuration: z.record(z.string(), z.unknown()).meta({ description: 'Secrets are hidden.' }),
  durability: z.object({ survives: z.string(), because: z.string() }).nullable(),
});

export const messageQuery = z.object({
  raw: z
    .enum(['true', 'false'])
    .default('false')
    .transform((text) => text === 'true')
    .meta({ description: 'Unmasked: for an admin, and written into the audit.' }),
  reason: z.string().trim().max(500).optional().meta({ description: 'Needed with `raw`.' }),
});
export const message = z.object({
  stream: z.string(),
  seq: count,
  subject: z.string(),
  at: time,
  headers: z.record(z.string(), z.string()),
  body: z.unknown(),
});

export const session = z.object({ who: z.string(), role: z.enum(['viewer', 'operator', 'admin']) });
