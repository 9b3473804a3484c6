/** The `[nats_bridge]` section: the specification's keys verbatim, and what we add to them. */
import { plaintextHosts, SURVIVALS } from '@nats-bridge/messaging';
import {
  defaultSubjectTemplate,
  MAX_ID_LENGTH,
  OPERATIONS,
  type Operation,
  poolTemplate,
} from '@nats-bridge/protocol';
import { z } from 'zod';
import { approvalsSchema } from './approvals-config.js';
import { auditSchema } from './audit-config.js';
import { duration, durationMs } from './duration.js';
import { loggingSchema } from './logging-config.js';
import { natsAuthSchema, natsTlsSchema } from './nats-security-config.js';
import { rateLimitsSchema } from './rate-limits-config.js';
import { retentionFaults } from './retention.js';
import { routeFaults, routesSchema } from './routes-config.js';
import { sealingSchema } from './sealing-config.js';
import { signingSchema } from './signing-config.js';
import { tracingSchema } from './tracing-config.js';

const natsUrl = z.string().regex(/^(nats|tls):\/\/[^\s,]+(,(nats|tls):\/\/[^\s,]+)*$/, {
  error: 'must be nats://host:port or tls://host:port, several separated by commas',
  abort: true,
});

const subjectTemplate = z.string().regex(/^[^\s*>{}]*\{merchant_id\}[^\s*>{}]*$/, {
  error: 'must be a subject with {merchant_id} in it once, and without *, > or blanks',
});

const milliseconds = (min: number, max: number) =>
  z
    .int({ error: `must be a whole number of milliseconds from ${min} to ${max}` })
    .min(min)
    .max(max);
/** The longest that a caller may wait, in milliseconds. */
export const LONGEST_TIMEOUT_MS = 600_000;
const timeout = milliseconds(100, LONGEST_TIMEOUT_MS);

const count = (min: number, max: number) =>
  z
    .int({ error: `must be a whole number from ${min} to ${max}` })
    .min(min)
    .max(max);
const streamToken = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, {
  error: 'must be 1 to 64 letters, digits, _ or -',
});

const inboxPrefix = z.string().regex(/^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/, {
  error: 'must be a subject without wildcards, such as _INBOX_bridge',
});

const byOperation = <S extends z.ZodType>(schema: S) =>
  z.strictObject(Object.fromEntries(OPERATIONS.map(({ operation }) => [operation, schema.optional()])));

export const bridgeConfigSchema = z
  .strictObject({
    /** NATS servers. */
    base_url: natsUrl.default('nats://localhost:4222'),
    /** false: core request-reply, without persistence; for development. */
    jetstream_enabled: z.boolean().default(true),
    /** How long a caller waits for any operation that `timeouts` does not name. */
    request_timeout_ms: timeout.default(30_000),
    /** How often a request that the stream did not confirm is published again, under the same Nats-Msg-Id. */
    max_retries: count(0, 20).default(3),
    /**
     * What an acknowledged request must survive at least; the bridge does not start on a broker that promises less.
     * Left out: whatever the broker promises.
     */
    durability: z.enum(SURVIVALS).optional(),
    /** HTTP monitoring of the NATS server, where it says whether it flushes each write. */
    monitor_url: z
      .url({ protocol: /^https?$/, error: "must be http://host:port of the NATS server's monitoring" })
      .optional(),
    connection_name: z.string().min(1).max(128).default('hyperswitch-nats-bridge'),
    /** Requests in flight, over all operations; more are refused as OVERLOADED. */
    max_in_flight: count(1, 1_000_000).default(10_000),
    /** Calls each second, by merchant, operation and connector; more are refused as RATE_LIMITED. */
    rate_limits: rateLimitsSchema,
    /** Bodies above this many bytes travel as MessagePack; 0 for never. */
    msgpack_above_bytes: count(0, 67_108_864).default(0),
    /** Per operation and connector: after so many failures in a row, calls fail at once, for `open_ms` at most. */
    circuit_breaker: z
      .strictObject({
        failures: count(1, 1_000).default(5),
        open_ms: milliseconds(100, 600_000).default(10_000),
      })
      .prefault({}),
    subjects: byOperation(subjectTemplate).prefault({}),
    /** Milliseconds per operation, over `request_timeout_ms`. */
    timeouts: byOperation(timeout).prefault({}),
    jetstream: z
      .strictObject({
        stream_name: streamToken.default('PAYMENTS'),
        /** The durable consumer of an operation is `{consumer_name}-{operation}`. */
        consumer_name: streamToken.default('hyperswitch-consumer'),
        /** Of an account that borrows the streams of another, or a leaf node: asked under `$JS.{domain}.API`. */
        domain: streamToken.optional(),
        /** Milliseconds until an unacknowledged request is delivered again. */
        ack_wait: milliseconds(1_000, 3_600_000).default(30_000),
        max_deliver: count(1, 100).default(3),
        /** Workers say who comes first: who reads a consumer must then name its priority group, as the SDK does. */
        backup_workers: z.boolean().default(false),
        max_messages: count(1, 1_000_000_000).default(1_000_000),
        /** Of everything but what has a key of its own. */
        max_age: duration.default('7d'),
        /** Of `PAYMENTS_ARCHIVE`, whose requests hold card data. Left out: `max_age`. */
        archive_max_age: duration.optional(),
        /** Of the records of idempotency keys: a repeat that comes later is a new payment. Left out: `max_age`. */
        ledger_max_age: duration.optional(),
        storage: z.enum(['file', 'memory']).default('file'),
        /** At most as many as the cluster has servers. */
        num_replicas: count(1, 5).default(3),
        duplicate_window: duration.default('2m'),
      })
      .prefault({}),
    /**
     * Merchants whose requests go to workers of their own and to nobody else, by the pool's name. Merchants that none
     * names belong to the general pool.
     */
    pools: z
      .record(streamToken, z.strictObject({ merchants: z.array(z.string().min(1).max(MAX_ID_LENGTH)) }))
      .refine((pools) => twiceNamed(pools).length === 0, {
        error: 'must name each merchant in one pool only',
      })
      .prefault({}),
    /** Workers by connector, operation, merchant or metadata, with others to fall back on. */
    routes: routesSchema,
    connection: z
      .strictObject({
        connect_timeout_ms: milliseconds(100, 120_000).default(10_000),
        ping_interval_ms: milliseconds(1_000, 600_000).default(30_000),
        /** -1: try for ever. */
        max_reconnects: count(-1, 1_000_000).default(10),
        /** Requests that may wait for a reconnect before further ones are refused. */
        reconnect_buffer_size: count(0, 1_000_000).default(256),
      })
      .prefault({}),
    /** Log lines, and the stream that keeps them. */
    logging: loggingSchema,
    /** Traces over OTLP. */
    tracing: tracingSchema,
    /** The chain of what people did. */
    audit: auditSchema,
    /** What needs a second person. */
    approvals: approvalsSchema,
    /** TLS to NATS, also where no address says `tls://`. */
    tls: natsTlsSchema.optional(),
    /** Who the bridge is to NATS. */
    auth: natsAuthSchema.prefault({}),
    /** Keys that seal requests and open answers; left out: everything travels in clear. */
    sealing: sealingSchema.optional(),
    /** Keys that sign requests, and whose answers count; left out: nothing is signed. */
    signing: signingSchema.optional(),
    /** Own prefix for inboxes, where permissions ask for one; left out: `_INBOX`. */
    inbox_prefix: inboxPrefix.optional(),
    /** Allows NATS servers on other machines without TLS. */
    allow_plaintext: z.boolean().default(false),
  })
  .check(({ value, issues }) => {
    const { base_url, tls, allow_plaintext } = value;
    const hosts = allow_plaintext ? [] : plaintextHosts({ servers: base_url, tls });
    if (hosts.length > 0)
      issues.push({
        code: 'custom',
        input: hosts.join(', '),
        path: ['base_url'],
        message:
          'is another machine without TLS, and card data would cross the network in clear: use tls://, add [nats_bridge.tls], or set nats_bridge.allow_plaintext = true where the network itself is encrypted',
      });
  })
  .check(({ value, issues }) => {
    for (const fault of routeFaults(value)) issues.push({ code: 'custom', ...fault });
    if (value.routes.length > 0 && !value.jetstream_enabled)
      issues.push({
        code: 'custom',
        input: 'routes',
        path: ['routes'],
        message: 'need the stream, which jetstream_enabled = false leaves out',
      });
    if (value.jetstream.backup_workers && !value.jetstream_enabled)
      issues.push({
        code: 'custom',
        input: true,
        path: ['jetstream', 'backup_workers'],
        message:
          'needs the stream, which jetstream_enabled = false leaves out: in a queue group nobody comes before the others',
      });
  })
  .check(({ value, issues }) => {
    for (const fault of retentionFaults(value)) issues.push({ code: 'custom', ...fault });
  })
  .check(({ value: { approvals, jetstream }, issues }) => {
    const isUsed = approvals.required_for.length > 0;
    if (isUsed && durationMs(approvals.expires_after) > durationMs(jetstream.max_age))
      issues.push({
        code: 'custom',
        input: approvals.expires_after,
        path: ['approvals', 'expires_after'],
        message: `is longer than letters are kept, which is nats_bridge.jetstream.max_age = "${jetstream.max_age}"`,
      });
  });

/** A configuration with every default filled in. */
export type BridgeConfig = z.output<typeof bridgeConfigSchema>;
/** What a caller may write: everything is optional. */
export type BridgeConfigInput = z.input<typeof bridgeConfigSchema>;

/** The subject template of an operation: configured, or the specification's; with its pool's token at the end. */
export function subjectTemplateOf(config: BridgeConfig, operation: Operation, pool?: string): string {
  const template = (config.subjects as Partial<Record<Operation, string>>)[operation];
  return poolTemplate(template ?? defaultSubjectTemplate(operation), pool);
}

/** The pool that has a merchant for itself; undefined for the general one. */
export function poolOf({ pools }: Pick<BridgeConfig, 'pools'>, merchantId: string): string | undefined {
  for (const [pool, { merchants }] of Object.entries(pools)) if (merchants.includes(merchantId)) return pool;
  return undefined;
}

function twiceNamed(pools: Readonly<Record<string, { readonly merchants: readonly string[] }>>): string[] {
  const named = Object.values(pools).flatMap(({ merchants }) => [...new Set(merchants)]);
  return named.filter((merchant, index) => named.indexOf(merchant) !== index);
}

/** How long a caller waits for an operation, in milliseconds. */
export function timeoutOf(config: BridgeConfig, operation: Operation): number {
  return (config.timeouts as Partial<Record<Operation, number>>)[operation] ?? config.request_timeout_ms;
}
