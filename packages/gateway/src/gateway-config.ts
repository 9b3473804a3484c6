/** The `[gateway]` section of the configuration: where the doors are and how much passes through them. */
import { z } from 'zod';
import { adminConfigSchema } from './admin/admin-config.js';
import { doorTlsSchema } from './doors/door-tls.js';
import { isEveryAddress, isLoopback, type ListenAt } from './doors/listen-on.js';
import { webhookOptionsSchema } from './late-answers/webhook-options.js';

const host = z.string().regex(/^[A-Za-z0-9.:_-]{1,253}$/, {
  error: 'must be an address or a host name, such as 127.0.0.1',
  abort: true,
});
const port = z.int({ error: 'must be a port from 0 (any) to 65535' }).min(0).max(65_535);
const count = (min: number, max: number) =>
  z
    .int({ error: `must be a whole number from ${min} to ${max}` })
    .min(min)
    .max(max);

const door = (usualPort: number) =>
  z
    .strictObject({
      host: host.default('127.0.0.1'),
      port: port.default(usualPort),
      tls: doorTlsSchema.optional(),
    })
    .prefault({});

/** In plain HTTP on any host: no request at it has anything to say, and no answer a secret. */
const healthDoor = z.strictObject({ host: host.default('127.0.0.1'), port });

export const gatewayConfigSchema = z
  .strictObject({
    /** The UCS door. Hyperswitch looks at 8000. */
    grpc: door(8000),
    /** Health and metrics, and, where somebody is named in `admin`, the admin API and the console. */
    http: door(8080),
    /** Health and metrics alone, for probes and Prometheus on other machines; there is no such door unless it is written. */
    health: healthDoor.optional(),
    /** Calls executed at once; more are answered OVERLOADED. */
    max_in_flight: count(1, 100_000).default(1_000),
    /** The longest request, in bytes. */
    max_message_bytes: count(1_024, 67_108_864).default(4_194_304),
    /** Allows doors without TLS on hosts that other machines can reach. */
    allow_plaintext: z.boolean().default(false),
    /** Measures calls and serves `/metrics` at the HTTP door. */
    metrics: z.boolean().default(true),
    /** Late answers, pushed to Hyperswitch. */
    webhooks: webhookOptionsSchema,
    /** Who may use the admin API; nobody, and it is not served, unless somebody is named. */
    admin: adminConfigSchema,
  })
  .check(({ value, issues }) => {
    for (const [one, other] of portClashes(value))
      issues.push({
        code: 'custom',
        input: value[other]?.port,
        path: [other, 'port'],
        message: `is that of gateway.${one}, too: each door needs a port of its own`,
      });
    if (value.allow_plaintext) return;
    for (const door of ['grpc', 'http'] as const)
      if (isInClear(value[door]))
        issues.push({
          code: 'custom',
          input: value[door].host,
          path: [door, 'host'],
          message: `can be reached from other machines, and the door has no TLS: use 127.0.0.1, configure gateway.${door}.tls, or set gateway.allow_plaintext = true where a TLS proxy or a service mesh stands in front`,
        });
  });

/** A configuration with every default filled in. */
export type GatewayConfig = z.output<typeof gatewayConfigSchema>;

/** What an operator should be told about a configuration that is allowed but not safe by itself. */
export function gatewayConfigWarnings({ grpc, http }: GatewayConfig): readonly string[] {
  const hosts = new Set([grpc, http].filter(isInClear).map((door) => door.host));
  return [...hosts].map(plaintextWarning);
}

const DOORS = ['grpc', 'http', 'health'] as const;
type DoorName = (typeof DOORS)[number];
type Doors = Partial<Readonly<Record<DoorName, ListenAt>>>;

/** Pairs of doors that cannot both listen where they are told to. */
function portClashes(doors: Doors): readonly (readonly [DoorName, DoorName])[] {
  return DOORS.flatMap((other, at) =>
    DOORS.slice(0, at)
      .filter((one) => isSamePlace(doors[one], doors[other]))
      .map((one) => [one, other] as const),
  );
}

function isSamePlace(one: ListenAt | undefined, other: ListenAt | undefined): boolean {
  if (one === undefined || other === undefined || one.port === 0 || one.port !== other.port) return false;
  return one.host === other.host || isEveryAddress(one.host) || isEveryAddress(other.host);
}

function isInClear({ host, tls }: { readonly host: string; readonly tls?: unknown }): boolean {
  return tls === undefined && !isLoopback(host);
}

/** What must be said when a door without TLS is open to other machines. */
function plaintextWarning(host: string): string {
  return `${host} can be reached from other machines and the door has no TLS: card data and credentials cross the network in clear; put a TLS proxy or a service mesh in front, or listen on 127.0.0.1`;
}
