/** How payments flow now. */
import { z } from 'zod';
import { count, milliseconds, operation, time } from './common.js';

export const alert = z.object({
  name: z.string(),
  severity: z.enum(['critical', 'warning']),
  since: time,
  labels: z.record(z.string(), z.string()),
  summary: z.string(),
  runbook: z.string(),
});

export const secondPoint = z.object({
  at: time,
  calls: count,
  failures: count.meta({ description: 'Ended unknown or not sent. A decline is an answer.' }),
  p95_ms: milliseconds.nullable(),
});

export const operationFigures = z.object({
  operation,
  connector: z.string(),
  calls: count,
  success: count,
  failure: count.meta({ description: 'Declined by the processor.' }),
  processing: count,
  unknown: count,
  not_sent: count,
  p50_ms: milliseconds.nullable(),
  p95_ms: milliseconds.nullable(),
});

/** Worst first, as it is decided. */
const standings = z.enum([
  'broker_away',
  'broker_silent',
  'no_workers',
  'failing',
  'declining',
  'alerts',
  'interventions',
  'quiet',
  'flowing',
]);

export const overview = z.object({
  at: time,
  window_s: count,
  throughput_per_s: z.number().meta({ description: 'Calls, of the window or since the gateway started.' }),
  latency_ms: z.object({
    p50: milliseconds.nullable(),
    p95: milliseconds.nullable(),
    p99: milliseconds.nullable(),
  }),
  in_flight: count.meta({ description: 'Calls that count for `in_flight_limit`.' }),
  in_flight_limit: count.meta({
    description:
      'The limit that is reached first: gateway.max_in_flight at the door, or nats_bridge.max_in_flight.',
  }),
  series: z.array(secondPoint).meta({
    description: 'One point a second, oldest first: of five minutes, or since the gateway started.',
  }),
  operations: z.array(operationFigures),
  path: z.object({
    broker: z.object({
      connected: z.boolean(),
      url_host: z.string().nullable(),
      rtt_ms: milliseconds.nullable(),
      reconnects: count,
      durability: z.string().nullable(),
    }),
    stream: z
      .object({ name: z.string(), messages: count, bytes: count, max_bytes: count.nullable() })
      .nullable(),
    workers: z.object({
      is_anybody_there: z.boolean().meta({
        description:
          'Whether a request would be taken, also by workers without the SDK, which are not counted.',
      }),
      alive: count.meta({ description: 'Processes of the worker SDK.' }),
      in_flight: count,
      capacity: count,
    }),
  }),
  letters: z.object({ dead_letters: count, interventions: count }),
  alerts: z.array(alert),
  standing: z
    .object({
      is: standings,
      tone: z.enum(['good', 'quiet', 'warning', 'critical']),
      share: z
        .number()
        .nullable()
        .meta({ description: 'Of the calls, where it is failing or declining; of 1.' }),
    })
    .meta({
      description:
        'The worst thing that is true. failing: at least a fifth of ten or more calls had no answer from a worker; declining: were declined.',
    }),
});

export type Overview = z.infer<typeof overview>;
export type SecondPoint = z.infer<typeof secondPoint>;
export type OperationFigures = z.infer<typeof operationFigures>;
