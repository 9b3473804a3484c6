/** Workers, streams, breakers, the audit, the configuration, and single messages. */
import { createRequire } from 'node:module';
import {
  archiveNameOf,
  readAudit,
  shownChain,
  shownEntry,
  showStored,
  writeAudit,
} from '@nats-bridge/connector';
import { isoTime, QUEUE_STREAM, RECORD_STREAM } from '@nats-bridge/protocol';
import type { AdminWorld } from '../admin-world.js';
import { connectorLimit, nearestLimit } from '../nearest-limit.js';
import { pageOf } from '../page-of.js';
import { AdminProblem, route } from '../route.js';
import {
  auditPage,
  auditQuery,
  auditVerification,
  breakers,
  message,
  messageQuery,
  settings,
  streams,
  workers,
} from '../schema/installation.js';

/** As `nats-bridge audit verify` shows of a stream; more are counted. */
const MOST_PROBLEMS = 20;

export const installationRoutes = [
  route({
    method: 'get',
    path: '/workers',
    summary: 'Workers of the SDK, consumers that nobody reads, and consumers that get the same requests.',
    role: 'viewer',
    answer: workers,
    async handle(world) {
      const figures = await figuresOf(world);
      const work = figures.streams.find(({ name }) => name === world.bridge.config.jetstream.stream_name);
      const processes = new Map<string, (typeof figures.workers)[number][]>();
      for (const worker of figures.workers) {
        const all = processes.get(worker.id);
        if (all === undefined) processes.set(worker.id, [worker]);
        else all.push(worker);
      }
      return {
        items: [...processes.entries()].map(([id, all]) => ({
          worker: all[0]?.worker ?? '',
          id,
          operations: all.map(({ operation }) => operation),
          capacity: all[0]?.capacity ?? 0,
          weight: all[0]?.weight ?? null,
          priority: all[0]?.priority ?? 0,
          in_flight: all.some(({ inFlight }) => inFlight === undefined)
            ? null
            : all.reduce((sum, { inFlight = 0 }) => sum + inFlight, 0),
        })),
        consumers_without_workers: (work?.consumers ?? [])
          .filter(({ pending, waiting, ackPending }) => pending > 0 && waiting === 0 && ackPending === 0)
          .map(({ name }) => name),
        overlaps: (work?.overlaps ?? []).map(({ consumers }) => consumers.join(' and ')),
      };
    },
  }),
  route({
    method: 'get',
    path: '/streams',
    summary: 'How full each stream is, and how far its consumers have come.',
    role: 'viewer',
    answer: streams,
    async handle(world) {
      const { streams, ownConsumers } = await figuresOf(world);
      return {
        items: streams.map((stream) => ({
          name: stream.name,
          messages: stream.messages,
          bytes: stream.bytes,
          max_bytes: stream.maxBytes ?? null,
          share: shareOf(stream),
          replicas: stream.replicas,
          consumers: stream.consumers.map(({ name, pending, ackPending, redelivered }) => ({
            name,
            pending,
            ack_pending: ackPending,
            redelivered,
            own: ownConsumers.has(name),
          })),
        })),
      };
    },
  }),
  route({
    method: 'get',
    path: '/breakers',
    summary:
      'Circuit breakers that changed since the gateway began, the limits of calls in flight, and the rate limits.',
    role: 'viewer',
    answer: breakers,
    handle({ bridge, door, calls }) {
      const { count, limit } = nearestLimit(door, connectorLimit(bridge));
      const { failures, open_ms } = bridge.config.circuit_breaker;
      return {
        items: calls.breakers().map(({ route: { operation, connector }, state, at }) => ({
          operation,
          connector,
          state,
          since: isoTime(at),
        })),
        limits: { in_flight: count, limit, failures, open_ms },
        rate_limits: bridge.rateLimits().map((use) => ({
          rule: use.rule,
          merchant: use.merchant,
          operation: use.operation,
          connector: use.connector,
          requests_per_second: use.requestsPerSecond,
          burst: use.burst,
          max_wait_ms: use.maxWaitMs,
          per: [...use.per],
          passed: use.passed,
          waited: use.waited,
          turned_away: use.turnedAway,
          used: use.used,
        })),
      };
    },
  }),
  route({
    method: 'get',
    path: '/audit',
    summary: 'What people did, newest first.',
    role: 'viewer',
    query: auditQuery,
    answer: auditPage,
    async handle({ bridge }, { query: { who, action, from, to, cursor, limit } }) {
      const found = (await readAudit(bridge.connection, from === undefined ? {} : { since: new Date(from) }))
        .filter((entry) => who === undefined || entry.who === who)
        .filter((entry) => action === undefined || entry.action === action)
        .filter(({ at }) => to === undefined || at <= to);
      const page = pageOf(found, ({ seq }) => [seq], { cursor, limit });
      return { ...page, items: page.items.map(shownEntry) };
    },
  }),
  route({
    method: 'get',
    path: '/audit/verification',
    summary: 'Reads the chain of the audit through: whether it is whole, or where it breaks.',
    role: 'viewer',
    answer: auditVerification,
    async handle({ verifyAudit }) {
      const found = await verifyAudit();
      return { ...shownChain(found, MOST_PROBLEMS), until: found.until?.toISOString() ?? null };
    },
  }),
  route({
    method: 'get',
    path: '/settings',
    summary: 'The configuration with every default filled in, and what an acknowledged request survives.',
    role: 'viewer',
    answer: settings,
    async handle(world) {
      const durability = await world.durability.get();
      return {
        version: VERSION,
        // Secrets say of themselves that they are; addresses may hold a password in the middle.
        configuration: JSON.parse(
          JSON.stringify({ nats_bridge: world.bridge.config }, (_, value: unknown) =>
            typeof value === 'string' ? value.replaceAll(/\/\/[^/@\s]*@/g, '//[secret]@') : value,
          ),
        ) as Record<string, unknown>,
        durability: durability ? { survives: durability.survives, because: durability.because } : null,
      };
    },
  }),
  route({
    method: 'get',
    path: '/messages/{stream}/{seq}',
    summary: 'One stored request or answer: masked, or whole for an admin who says why.',
    role: 'viewer',
    query: messageQuery,
    answer: message,
    async handle({ bridge }, { params: { stream = '', seq = '' }, query: { raw, reason }, by }) {
      if (!shownStreams(bridge.config).has(stream) || !/^\d{1,15}$/.test(seq))
        throw new AdminProblem(404, 'NOT_FOUND', `${stream} ${seq} is no message that can be looked at`);
      if (raw) {
        if (by.role !== 'admin')
          throw new AdminProblem(403, 'FORBIDDEN', 'unmasked messages are for an admin: leave raw out');
        if (!reason)
          throw new AdminProblem(400, 'VALIDATION_ERROR', 'raw needs a reason: it is written into the audit');
        const what = { stream, seq: Number(seq) };
        await writeAudit(
          bridge.connection,
          { action: 'show_raw', who: by.who, why: reason, what },
          bridge.auditSigner,
        );
      }
      const shown = await showStored(bridge, stream, Number(seq), raw);
      if (shown === undefined)
        throw new AdminProblem(404, 'NOT_FOUND', `${stream} has no message ${seq} any more`);
      const { subject, at, headers, body } = shown;
      return { stream, seq: Number(seq), subject, at: at.toISOString(), headers: { ...headers }, body };
    },
  }),
];

async function figuresOf({ figures }: AdminWorld) {
  const read = await figures.get();
  if (read === undefined)
    throw new AdminProblem(503, 'NATS_UNREACHABLE', 'NATS does not answer: nats-bridge doctor says why');
  return read;
}

function shareOf(stream: {
  readonly messages: number;
  readonly bytes: number;
  readonly maxMessages: number | undefined;
  readonly maxBytes: number | undefined;
}): number | null {
  const shares = [
    stream.maxMessages && stream.messages / stream.maxMessages,
    stream.maxBytes && stream.bytes / stream.maxBytes,
  ].filter((share) => typeof share === 'number');
  return shares.length === 0 ? null : Math.max(...shares);
}

function shownStreams(config: AdminWorld['bridge']['config']): ReadonlySet<string> {
  return new Set([
    config.jetstream.stream_name,
    archiveNameOf(config),
    RECORD_STREAM,
    ...Object.values(QUEUE_STREAM),
  ]);
}

const { version: VERSION } = createRequire(import.meta.url)('../../../package.json') as { version: string };
