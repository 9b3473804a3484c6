/** The door for health and metrics alone: a kubelet, or a Prometheus elsewhere, needs nothing to reach it, and gets nothing else. */
import { writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuthority } from './certificates.js';
import { superviseCli } from './cli-process.js';
import { parsePrometheusText } from './prometheus-text.js';
import { startServer } from './stack-under-test.js';
import { until } from './until.js';

let printed: () => string;
let health: string;
const closers: (() => unknown)[] = [];

/** Where other machines find this one; loopback where there is no network. */
const ADDRESS =
  Object.values(networkInterfaces())
    .flatMap((addresses = []) => addresses)
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? '127.0.0.1';

beforeAll(async () => {
  const authority = createAuthority();
  closers.push(authority.dispose);
  const { server, dispose } = await startServer();
  closers.push(dispose);
  const { certFile, keyFile } = authority.sign('door');
  const config = join(authority.folder, 'nats-bridge.toml');
  writeFileSync(
    config,
    `[nats_bridge]
    base_url = "${server.url}"
    jetstream.num_replicas = 1

    [gateway]
    grpc.port = 0
    admin.tokens = [{ name = "jo", role = "admin", sha256 = "${'a'.repeat(64)}" }]

    [gateway.http]
    port = 0
    tls = { cert_file = "${certFile}", key_file = "${keyFile}", client_ca_file = "${authority.caFile}" }

    [gateway.health]
    host = "0.0.0.0"
    port = 0
    `,
  );
  const gateway = await superviseCli(['serve', '--config', config], {}, 'for those two alone');
  closers.push(gateway.stop);
  printed = gateway.printed;
  const [, port] = /http:\/\/0\.0\.0\.0:(\d+) for those two alone/.exec(printed()) ?? [];
  health = `http://${ADDRESS}:${port}`;
});

afterAll(async () => {
  for (const close of closers.reverse()) await close();
});

describe('beside an HTTP door that wants a certificate of everybody', () => {
  it('tells whoever can reach it that the gateway is alive and ready', async () => {
    expect((await fetch(`${health}/healthz`)).status).toBe(200);
    await until('it is ready', async () =>
      (await fetch(`${health}/readyz`)).status === 200 ? true : undefined,
    );
  });

  it('gives Prometheus the metrics', async () => {
    const metrics = parsePrometheusText(await (await fetch(`${health}/metrics`)).text());
    expect(metrics.value('nats_bridge_broker_up')).toBe(1);
  });

  it.each(['/admin/v1/session', '/admin/v1/openapi.json', '/console/', '/console/index.html'])(
    'serves no %s',
    async (path) => {
      expect((await fetch(health + path)).status).toBe(404);
    },
  );

  it('is no door in clear that has to be allowed, nor warned about', () => {
    expect(printed()).not.toContain('can be reached from other machines');
  });
});
