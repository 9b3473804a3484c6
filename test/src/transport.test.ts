/** TLS and identity, on every way that card data takes: to NATS, and through both doors. */
import { X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import { join } from 'node:path';
import { connect as connectTls, type PeerCertificate } from 'node:tls';
import { type BridgeConfigInput, NatsBridge } from '@nats-bridge/connector';
import { type Door, startGateway } from '@nats-bridge/gateway';
import { createUcsClient, type UcsClientTls } from '@nats-bridge/gateway/client';
import {
  createConnection,
  type EmbeddedServer,
  type NatsCredentials,
  type NatsTls,
  PlaintextRefusedError,
} from '@nats-bridge/messaging';
import { type RouterData, Secret } from '@nats-bridge/protocol';
import { createWorker } from '@nats-bridge/worker';
import { createUser } from '@nats-io/nkeys';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Authority, createAuthority, type Signed } from './certificates.js';
import { runCli } from './cli-process.js';
import { parsePrometheusText } from './prometheus-text.js';
import { startServer } from './stack-under-test.js';
import { until } from './until.js';

const PAYMENT: RouterData = {
  merchant_id: 'merchant_1',
  payment_id: 'pay_1',
  attempt_id: 'att_1',
  connector: 'stripe',
  connector_auth_type: { auth_type: 'HeaderKey', api_key: 'key' },
  test_mode: true,
  request: { amount: { minor_amount: 1_000, currency: 'EUR' } },
};

let authority: Authority;
let stranger: Authority;
let serverCertificate: Signed;
let bridgeCertificate: Signed;
const closers: (() => unknown)[] = [];

beforeAll(() => {
  authority = createAuthority();
  stranger = createAuthority('another authority');
  serverCertificate = authority.sign('nats');
  bridgeCertificate = authority.sign('bridge');
});

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

afterAll(() => {
  authority.dispose();
  stranger.dispose();
});

describe('NATS with mutual TLS', () => {
  let nats: EmbeddedServer;
  let dispose: () => Promise<void>;
  let nkeyFile: string;
  const password = new Secret('correct horse');

  beforeAll(async () => {
    const user = createUser();
    nkeyFile = join(authority.folder, 'bridge.nk');
    writeFileSync(nkeyFile, `${new TextDecoder().decode(user.getSeed())}\n`);
    ({ server: nats, dispose } = await startServer({
      configuration: `
        tls { cert_file: "${serverCertificate.certFile}", key_file: "${serverCertificate.keyFile}",
              ca_file: "${authority.caFile}", verify: true, min_version: "1.3" }
        authorization { users: [ { user: bridge, password: "${password.reveal()}" }, { nkey: ${user.getPublicKey()} } ] }`,
    }));
  });

  afterAll(() => dispose());

  const tls = (): NatsTls => ({ caFile: authority.caFile, ...bridgeCertificate });

  it('carries a payment, the worker by its NKEY and the bridge by its password', async () => {
    await workerOn({ kind: 'nkey', nkeyFile });
    const bridge = bridgeWith({ user: 'bridge', password: password.reveal() });
    expect(await bridge.authorize(PAYMENT)).toMatchObject({ kind: 'answered', status: 'CHARGED' });
  });

  it('takes a password from the environment, and shows it nowhere', async () => {
    const { code, stdout } = await runCli(['config', 'check', '--json'], {
      NATS_BRIDGE__AUTH__USER: 'bridge',
      NATS_BRIDGE__AUTH__PASSWORD: password.reveal(),
      NATS_BRIDGE__BASE_URL: `nats://bridge:${encodeURIComponent(password.reveal())}@127.0.0.1:4222`,
    });
    expect(code).toBe(0);
    expect(stdout).not.toMatch(/correct/);
    expect(JSON.parse(stdout).nats_bridge).toMatchObject({
      auth: { user: 'bridge', password: '[secret]' },
      base_url: 'nats://[secret]@127.0.0.1:4222',
    });
  });

  it.each<[string, () => { tls?: NatsTls; credentials?: NatsCredentials }]>([
    [
      'a wrong password',
      () => ({ tls: tls(), credentials: { kind: 'user', user: 'bridge', password: new Secret('no') } }),
    ],
    ['nobody', () => ({ tls: tls() })],
    [
      'a caller without a certificate',
      () => ({ tls: { caFile: authority.caFile }, credentials: { kind: 'nkey', nkeyFile } }),
    ],
    [
      'a caller whose certificate somebody else signed',
      () => ({ tls: { ...tls(), ...stranger.sign('bridge') }, credentials: { kind: 'nkey', nkeyFile } }),
    ],
    [
      'a caller that does not trust the server',
      () => ({ tls: { ...tls(), caFile: stranger.caFile }, credentials: { kind: 'nkey', nkeyFile } }),
    ],
  ])('lets nobody in: %s', async (_, access) => {
    const connection = createConnection({ servers: nats.url, connectTimeoutMs: 1_000, ...access() });
    closers.push(() => connection.close());
    const refused = await connection.get().catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'NATS_UNREACHABLE', phase: 'before_send' });
  });

  it('reads a renewed key at the next connect', async () => {
    const file = join(authority.folder, 'renewed.nk');
    writeFileSync(file, new TextDecoder().decode(createUser().getSeed()));
    const connection = createConnection({
      servers: nats.url,
      tls: tls(),
      credentials: { kind: 'nkey', nkeyFile: file },
    });
    closers.push(() => connection.close());
    await expect(connection.get()).rejects.toMatchObject({ code: 'NATS_UNREACHABLE' });
    writeFileSync(file, authority.text(nkeyFile));
    await connection.get();
    expect(connection.state).toBe('connected');
  });

  function bridgeWith(auth: BridgeConfigInput['auth']): NatsBridge {
    const { certFile, keyFile } = bridgeCertificate;
    const bridge = new NatsBridge({
      base_url: nats.url,
      tls: { ca_file: authority.caFile, cert_file: certFile, key_file: keyFile },
      auth,
      jetstream: { num_replicas: 1 },
    });
    closers.push(() => bridge.close());
    return bridge;
  }

  async function workerOn(credentials: NatsCredentials): Promise<void> {
    const bridge = bridgeWith({ user: 'bridge', password: password.reveal() });
    await bridge.prepare();
    const worker = createWorker({
      servers: nats.url,
      tls: tls(),
      credentials,
      handlers: { authorize: () => ({ status: 'success', transaction_id: 'txn_1' }) },
    });
    closers.push(() => worker.stop());
    await worker.start();
  }
});

describe('plaintext', () => {
  it('to NATS on another machine is refused before anything is sent, by name and with what to do', async () => {
    expect(() => createConnection({ servers: 'nats://me:hidden@nats.internal' })).toThrow(
      PlaintextRefusedError,
    );
    const { code, stderr } = await runCli(['config', 'check'], {
      NATS_BRIDGE__BASE_URL: 'nats://me:hidden@nats.internal:4222,nats://127.0.0.1:4222',
    });
    expect(code).toBe(2);
    expect(stderr).toContain('nats_bridge.base_url = "nats://[secret]@nats.internal:4222');
    expect(stderr).toContain('is another machine without TLS');
    expect(stderr).not.toContain('hidden');
  });

  it.each<Record<string, string>>([
    { NATS_BRIDGE__BASE_URL: 'tls://nats.internal:4222' },
    { NATS_BRIDGE__BASE_URL: 'nats://nats.internal:4222', NATS_BRIDGE__TLS__HANDSHAKE_FIRST: 'true' },
    { NATS_BRIDGE__BASE_URL: 'nats://nats.internal:4222', NATS_BRIDGE__ALLOW_PLAINTEXT: 'true' },
  ])('is not what %j asks for, or was allowed', async (env) => {
    expect(await runCli(['config', 'check'], env)).toMatchObject({ code: 0 });
  });

  it.each([
    [{ NATS_BRIDGE__AUTH__USER: 'me' }, 'nats_bridge.auth.password'],
    [
      { NATS_BRIDGE__AUTH__TOKEN: 'x', NATS_BRIDGE__AUTH__USER: 'me', NATS_BRIDGE__AUTH__PASSWORD: 'y' },
      'nats_bridge.auth.token',
    ],
    [
      { NATS_BRIDGE__AUTH__CREDS_FILE: '/not/there.creds' },
      'nats_bridge.auth.creds_file = "/not/there.creds"',
    ],
    [{ NATS_BRIDGE__TLS__CERT_FILE: '/not/there.pem' }, 'nats_bridge.tls.cert_file = "/not/there.pem"'],
  ])('a half identity is refused: %j', async (env, key) => {
    const { code, stderr } = await runCli(['config', 'check'], env);
    expect(code).toBe(2);
    expect(stderr).toContain(key);
  });
});

describe('doors with TLS', () => {
  /** What the bridge itself says of a question with nobody behind it: the call went all the way through the door. */
  const UNREACHABLE = { status_code: 503 };

  let door: Signed;

  it('carry a UCS call, and are closed to who cannot verify them', async () => {
    const gateway = await gatewayWith({ cert_file: door.certFile, key_file: door.keyFile });
    expect(gateway.grpcUrl).toMatch(/^https:/);
    const ca = authority.text(authority.caFile);
    expect(await sync(gateway.grpcUrl, { ca })).toMatchObject(UNREACHABLE);
    await expect(sync(gateway.grpcUrl, { ca: authority.text(stranger.caFile) })).rejects.toMatchObject({
      code: 14,
    });
    await expect(sync(`http://127.0.0.1:${gateway.grpcPort}`)).rejects.toMatchObject({ code: 14 });
    expect(await get(`${gateway.httpUrl}/healthz`, { ca })).toMatchObject({ code: 200 });
    await expect(get(`${gateway.httpUrl}/healthz`, {})).rejects.toThrow(/certificate/);
  });

  it('ask for a certificate where an authority for callers is configured', async () => {
    const gateway = await gatewayWith({
      cert_file: door.certFile,
      key_file: door.keyFile,
      client_ca_file: authority.caFile,
    });
    const ca = authority.text(authority.caFile);
    const shown = ({ certFile, keyFile }: Signed) => ({
      ca,
      cert: authority.text(certFile),
      key: authority.text(keyFile),
    });
    expect(await sync(gateway.grpcUrl, shown(bridgeCertificate))).toMatchObject(UNREACHABLE);
    expect(await get(`${gateway.httpUrl}/healthz`, shown(bridgeCertificate))).toMatchObject({ code: 200 });
    for (const tls of [{ ca }, shown(stranger.sign('caller'))]) {
      await expect(sync(gateway.grpcUrl, tls)).rejects.toMatchObject({ code: 14 });
      await expect(get(`${gateway.httpUrl}/healthz`, tls)).rejects.toThrow();
    }
  });

  it('say in the metrics when their certificates end, the renewed one from the next scrape on', async () => {
    const gateway = await gatewayWith({
      cert_file: door.certFile,
      key_file: door.keyFile,
      client_ca_file: authority.caFile,
    });
    const { certFile, keyFile } = bridgeCertificate;
    const tls = {
      ca: authority.text(authority.caFile),
      cert: authority.text(certFile),
      key: authority.text(keyFile),
    };
    const shown = async () => {
      const page = parsePrometheusText((await get(`${gateway.httpUrl}/metrics`, tls)).text);
      const samples = page.samples('nats_bridge_certificate_end_timestamp_seconds');
      return Object.fromEntries(samples.map(({ labels, value }) => [labels.use, value]));
    };
    const endOf = (file: string) => Date.parse(new X509Certificate(authority.text(file)).validTo) / 1_000;
    const ends = () => ({
      grpc_door: endOf(door.certFile),
      grpc_client_ca: endOf(authority.caFile),
      http_door: endOf(door.certFile),
      http_client_ca: endOf(authority.caFile),
    });
    const before = ends();
    expect(await shown()).toEqual(before);
    authority.sign('door', 2);
    expect(ends().grpc_door).toBeGreaterThan(before.grpc_door + 80_000);
    expect(await shown()).toEqual(ends());
  });

  it('show a renewed certificate without a restart, and keep the old one while the new cannot be used', async () => {
    const gateway = await gatewayWith({ cert_file: door.certFile, key_file: door.keyFile });
    const before = [await serialAt(gateway.grpcPort), await serialAt(gateway.httpPort)];
    const whole = authority.text(door.certFile);
    writeFileSync(door.certFile, 'half a file');
    await until(
      'the broken file to be noticed',
      () => gateway.warnings.some((line) => line.includes('the old one stays')) || undefined,
    );
    expect(await serialAt(gateway.grpcPort)).toBe(before[0]);
    writeFileSync(door.certFile, whole);
    authority.sign('door');
    const renewed = async (port: number, old: string | undefined) => {
      const serial = await serialAt(port);
      return serial === old ? undefined : serial;
    };
    const grpcSerial = await until('the gRPC door to be renewed', () => renewed(gateway.grpcPort, before[0]));
    expect(await until('the HTTP door to be renewed', () => renewed(gateway.httpPort, before[1]))).toBe(
      grpcSerial,
    );
  });

  it('do not open with a key that is not that of the certificate', async () => {
    const files = { cert_file: door.certFile, key_file: bridgeCertificate.keyFile };
    await expect(gatewayWith(files)).rejects.toThrow(/gateway\.grpc\.tls: .*cannot be used: .*key/);
  });

  beforeAll(() => {
    door = authority.sign('door');
  });

  async function gatewayWith(tls: NonNullable<Door['tls']>) {
    const warnings: string[] = [];
    // Nobody is behind it: the answer then comes from the bridge alone.
    const bridge = new NatsBridge({ base_url: 'nats://127.0.0.1:1', request_timeout_ms: 100 });
    const gateway = await startGateway({
      bridge,
      grpc: { port: 0, tls },
      http: { port: 0, tls },
      onWarning: (line) => warnings.push(line),
    });
    closers.push(async () => {
      await gateway.close();
      await bridge.close();
    });
    return { ...gateway, warnings };
  }

  async function sync(url: string, tls?: UcsClientTls) {
    const client = createUcsClient(url, { connector: 'stripe', merchantId: 'm_1', apiKey: 'k' }, tls);
    closers.push(() => client.close());
    return client.call('PaymentService/Get', { connector_transaction_id: 'txn_1' }, { timeoutMs: 5_000 });
  }

  function get(url: string, tls: UcsClientTls): Promise<{ code: number; text: string }> {
    return new Promise((resolve, reject) => {
      const request = httpsRequest(url, { ...tls, agent: false }, (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          body += chunk;
        });
        response.once('end', () => resolve({ code: response.statusCode ?? 0, text: body }));
        response.once('error', reject);
      });
      request.once('error', reject);
      request.end();
    });
  }

  function serialAt(port: number): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connectTls({
        port,
        host: '127.0.0.1',
        ca: authority.text(authority.caFile),
        ALPNProtocols: ['h2', 'http/1.1'],
      });
      socket.once('error', reject);
      socket.once('secureConnect', () => {
        const { serialNumber } = socket.getPeerCertificate() as PeerCertificate;
        socket.destroy();
        resolve(serialNumber);
      });
    });
  }
});
