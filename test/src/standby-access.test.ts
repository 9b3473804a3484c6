/** A second region where everybody has credentials of his own: who may make mirrors and take over, over which link. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type AccessState,
  AUTH_FILE,
  credentialsFile,
  DEFAULT_LAYOUT,
  DOMAIN,
  type Proof,
  withWorker,
  writeAccess,
} from '@nats-bridge/access';
import { NatsBridge } from '@nats-bridge/connector';
import { createConnection, type EmbeddedServer, streamState } from '@nats-bridge/messaging';
import { createWorker } from '@nats-bridge/worker';
import { afterEach, expect, it } from 'vitest';
import { routerData } from './access-data.js';
import { credentialsOf } from './access-under-test.js';
import { type Authority, createAuthority } from './certificates.js';
import { runCli } from './cli-process.js';
import { DENIES, type RegionsOptions, startTwoRegions } from './two-regions.js';
import { until } from './until.js';

const LIMIT_MS = 120_000;
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

type Installation = {
  readonly link: RegionsOptions;
  /** As the commands have it. */
  credentials(name: string): Readonly<Record<string, string>>;
  readonly state: AccessState;
  readonly dir: string;
};

async function install(proof: Proof, authority: Authority): Promise<Installation> {
  const dir = mkdtempSync(join(tmpdir(), 'nats-bridge-standby-access-'));
  closers.push(() => rmSync(dir, { recursive: true, force: true }));
  const none: AccessState = { proof, layout: DEFAULT_LAYOUT, pools: {}, workers: [] };
  const state = withWorker(none, { name: 'general' });
  await writeAccess(dir, state);
  const auth = readFileSync(join(dir, AUTH_FILE), 'utf8');
  const { certFile, keyFile } = authority.sign('region-a');
  const client = authority.sign('region-b');
  // Both show a certificate, so that nobody else can offer himself as the other region.
  const tls = (cert: string, key: string) =>
    `tls { cert_file: "${cert}", key_file: "${key}", ca_file: "${authority.caFile}", verify: true }`;
  const [listens, connects] = [tls(certFile, keyFile), tls(client.certFile, client.keyFile)];
  const key = proof === 'jwt' ? 'CREDS_FILE' : 'NKEY_FILE';
  const inFile = (name: string) => ({
    [`NATS_BRIDGE__AUTH__${key}`]: credentialsFile(dir, state, name),
    ...(name !== 'bridge' && { NATS_BRIDGE__JETSTREAM__DOMAIN: DOMAIN }),
  });
  if (proof !== 'jwt') {
    const owner = { NATS_BRIDGE__AUTH__USER: 'owner', NATS_BRIDGE__AUTH__PASSWORD: 'own' };
    return {
      ...{ dir, state },
      credentials: (name) => (name === 'owner' ? owner : inFile(name)),
      link: {
        auth: auth.replace(
          /(?<=jetstream: enabled\n {4}users: \[\n)/,
          '      { user: "owner", password: "own" }\n',
        ),
        listener: `${listens}, authorization { user: link, password: secret, account: BRIDGE }`,
        user: 'link:secret',
        remote: `account: BRIDGE, ${connects}, ${DENIES}`,
      },
    };
  }
  const issued = async (name: string) => {
    const { code, stdout, stderr } = await runCli(['auth', 'issue', name, '--dir', dir]);
    expect(code, stdout + stderr).toBe(0);
    return { file: join(dir, `creds/${name}.creds`), account: /account: (A\w+)/.exec(stdout)?.[1] };
  };
  const [owner, link] = [await issued('owner'), await issued('link')];
  return {
    ...{ dir, state },
    credentials: (name) => (name === 'owner' ? { NATS_BRIDGE__AUTH__CREDS_FILE: owner.file } : inFile(name)),
    link: {
      ...{ auth, listener: listens },
      // Nothing is denied besides: the link's user may no more.
      remote: `account: ${link.account}, credentials: "${link.file}", ${connects}`,
    },
  };
}

it.each<[Proof]>([['nkeys'], ['jwt']])(
  'with %s and TLS, the owner of the keys makes a standby, has it take over, and goes back; nobody else may',
  async (proof) => {
    const authority = createAuthority();
    closers.push(() => authority.dispose());
    const { dir, state, link, credentials } = await install(proof, authority);
    const regions = await startTwoRegions(link);
    closers.push(() => regions.dispose());
    const connect = (server: EmbeddedServer, name: string) => {
      const connection = createConnection({
        servers: server.url,
        credentials: credentialsOf(proof, name, credentialsFile(dir, state, name)),
        jetstreamDomain: name === 'bridge' ? undefined : DOMAIN,
      });
      closers.push(() => connection.close());
      return connection;
    };
    const serve = async (server: EmbeddedServer) => {
      const config = { jetstream: { num_replicas: 1 } };
      const bridge = new NatsBridge(config, { connection: connect(server, 'bridge') });
      await bridge.prepare();
      const worker = createWorker({
        connection: connect(server, 'general'),
        handlers: {
          authorize: async ({ router_data: { attempt_id } }) => {
            executed.push(attempt_id);
            return { status: 'success', transaction_id: `txn_${attempt_id}` };
          },
        },
      });
      await worker.start();
      const stop = async () => {
        await worker.stop();
        await bridge.close();
      };
      closers.push(stop);
      return { bridge, stop };
    };
    const executed: string[] = [];
    const standbyAt = ({ url }: EmbeddedServer, name: string, ...args: string[]) =>
      runCli(['standby', ...args], {
        NATS_BRIDGE__BASE_URL: url,
        NATS_BRIDGE__JETSTREAM__NUM_REPLICAS: '1',
        ...credentials(name),
      });
    const standby = (name: string, ...args: string[]) => standbyAt(regions.b, name, ...args);

    const first = await serve(regions.a);
    expect(await first.bridge.authorize(routerData('merchant_a', 'att_1'))).toMatchObject({
      transactionId: 'txn_att_1',
    });
    const refusal = /no role mirrors streams, not even the bridge's\. The owner of nats-auth\/keys/;
    for (const name of ['bridge', 'operator'])
      expect(await standby(name, 'apply', 'a')).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(refusal),
      });
    await until('the link is up', async () => (await standby('owner', 'apply', 'a')).code === 0);
    const atB = connect(regions.b, 'bridge');
    await until(
      'b has the answer',
      async () =>
        (await streamState(atB, 'OPERATIONS')).lastSeq ===
        (await streamState(first.bridge.connection, 'OPERATIONS')).lastSeq,
    );
    expect(await standby('operator', 'show')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('a standby of region a'),
    });
    // No part in requests, so none in who takes them: that is no sign of somebody.
    expect(await standby('auditor', 'show')).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('is not known: these credentials may not ask for workers'),
    });
    const folder = join(dir, 'taken');
    const takeOver = ['take-over', folder, '--yes', '--reason', 'region a burns'];
    await first.stop();
    await regions.a.kill();
    const taken = await standby('owner', ...takeOver);
    expect(taken.code, taken.stdout + taken.stderr).toBe(0);
    const { bridge } = await serve(regions.b);
    for (const attempt of ['att_1', 'att_2'])
      expect(await bridge.authorize(routerData('merchant_a', attempt))).toMatchObject({
        transactionId: `txn_${attempt}`,
      });
    expect(executed).toEqual(['att_1', 'att_2']);

    // Over the same link the other way round.
    await regions.a.restart();
    const stepDown = ['step-down', 'b', join(dir, 'old'), '--yes'];
    await until('the link is up', async () => (await standbyAt(regions.a, 'owner', ...stepDown)).code === 0);
    const atA = connect(regions.a, 'bridge');
    await until(
      'a has the answers of b',
      async () =>
        (await streamState(atA, 'OPERATIONS')).lastSeq ===
        (await streamState(bridge.connection, 'OPERATIONS')).lastSeq,
    );
  },
  LIMIT_MS,
);
