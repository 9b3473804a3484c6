/** The `[gateway]` section: defaults, bounds, and no plaintext to other machines by accident. */
import { expect, it } from 'vitest';
import { gatewayConfigSchema, gatewayConfigWarnings } from './gateway-config.js';

it("says nothing: loopback, Hyperswitch's port, bounded", () => {
  expect(gatewayConfigSchema.parse({})).toEqual({
    grpc: { host: '127.0.0.1', port: 8000 },
    http: { host: '127.0.0.1', port: 8080 },
    metrics: true,
    max_in_flight: 1_000,
    max_message_bytes: 4_194_304,
    allow_plaintext: false,
    webhooks: { allowed_hosts: [], secrets: {} },
    admin: { tokens: [], rate_limit: 50, max_streams: 50 },
  });
});

it.each([
  [{ grpc: { port: 70_000 } }, 'grpc.port'],
  [{ grpc: { port: 80.5 } }, 'grpc.port'],
  [{ http: { host: 'a b' } }, 'http.host'],
  [{ max_in_flight: 0 }, 'max_in_flight'],
  [{ max_message_bytes: 10 }, 'max_message_bytes'],
  [{ prot: 1 }, ''],
  [{ grpc: { host: '0.0.0.0' } }, 'grpc.host'],
  [{ http: { host: '10.0.0.1' } }, 'http.host'],
  [{ health: {} }, 'health.port'],
  [{ health: { port: 9090, tls: {} } }, 'health'],
  [{ health: { port: 8080 } }, 'health.port'],
  [{ health: { host: '0.0.0.0', port: 8000 } }, 'health.port'],
  [{ http: { port: 8000 } }, 'http.port'],
  [{ admin: { tokens: [{ name: 'jo', role: 'admin' }] } }, 'admin.tokens.0'],
  [{ admin: { tokens: [{ name: 'jo', role: 'root', sha256: 'a'.repeat(64) }] } }, 'admin.tokens.0.role'],
  [{ admin: { tokens: [{ name: 'jo', role: 'admin', sha256: 'the token' }] } }, 'admin.tokens.0.sha256'],
])('%j is refused at %s', (config, path) => {
  const parsed = gatewayConfigSchema.safeParse(config);
  expect(parsed.error?.issues.map((issue) => issue.path.join('.'))).toEqual([path]);
});

it('two doors with one port are told which, unless they are on different addresses or any port will do', () => {
  const { error } = gatewayConfigSchema.safeParse({ http: { port: 9090 }, health: { port: 9090 } });
  expect(error?.issues.map(({ message }) => message)).toEqual([
    'is that of gateway.http, too: each door needs a port of its own',
  ]);
  for (const health of [
    { host: '10.0.0.1', port: 8080 },
    { host: '0.0.0.0', port: 8081 },
  ])
    expect(gatewayConfigSchema.parse({ health }).health).toEqual(health);
  const port = 0;
  expect(gatewayConfigSchema.parse({ grpc: { port }, http: { port }, health: { port } }).health).toEqual({
    host: '127.0.0.1',
    port,
  });
});

it('the door for health and metrics alone is in plain HTTP on any host, without a warning', () => {
  const config = gatewayConfigSchema.parse({ health: { host: '0.0.0.0', port: 9090 } });
  expect(gatewayConfigWarnings(config)).toEqual([]);
});

it.each(['127.0.0.1', '127.8.9.10', '::1', 'localhost'])('%s is loopback', (host) => {
  const config = gatewayConfigSchema.parse({ grpc: { host }, http: { host } });
  expect(gatewayConfigWarnings(config)).toEqual([]);
});

it.each(['0.0.0.0', '::', '10.0.0.1', 'bridge.internal', '127.0.0.1.example.org'])(
  '%s needs allow_plaintext, and is warned about with it',
  (host) => {
    expect(gatewayConfigSchema.safeParse({ grpc: { host } }).success).toBe(false);
    const config = gatewayConfigSchema.parse({ grpc: { host }, allow_plaintext: true });
    expect(gatewayConfigWarnings(config)).toEqual([
      expect.stringContaining(`${host} can be reached from other machines and the door has no TLS`),
    ]);
  },
);
