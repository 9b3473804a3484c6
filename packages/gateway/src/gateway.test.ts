/** Opening and closing the doors; the connector is scripted. */
import { createServer, type Server } from 'node:net';
import { status } from '@grpc/grpc-js';
import type { NatsBridge } from '@nats-bridge/connector';
import { afterEach, describe, expect, it } from 'vitest';
import { PortInUseError } from './doors/listen-on.js';
import { type Gateway, type GatewayOptions, openGateway } from './gateway.js';
import { fails, replies, type ScriptedBridge, scriptedBridge } from './testing/scripted-bridge.js';
import { refusalOf, type UnrulyClient, unrulyClient } from './testing/unruly-client.js';

const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

describe('ports', () => {
  it('are on loopback, and are told as URLs', async () => {
    const gateway = await open();
    expect(gateway.grpcUrl).toBe(`http://127.0.0.1:${gateway.grpcPort}`);
    expect(gateway.httpUrl).toBe(`http://127.0.0.1:${gateway.httpPort}`);
    expect(gateway.portNotes).toEqual([]);
    expect(gateway.healthUrl).toBeUndefined();
  });

  it.each(['grpc', 'http', 'health'] as const)(
    'a taken %s port is an error that names it, and leaves nothing open',
    async (door) => {
      const port = await takenPort();
      const free = await freePort();
      const others =
        door === 'health' ? { grpc: { port: free } } : { grpc: { port: free }, http: { port: free } };
      const opening = open({ ...others, [door]: { host: '127.0.0.1', port } });
      await expect(opening).rejects.toThrow(PortInUseError);
      await expect(opening).rejects.toThrow(
        `the ${door} port ${port} on 127.0.0.1 is taken by another program: stop it, or set gateway.${door}.port to a free one`,
      );
      await listenOnce(free); // throws when somebody still listens
    },
  );

  it('are not opened, and nothing is begun, where the console was not built', async () => {
    const tokens = [{ name: 'jo', role: 'admin' as const, sha256: '0'.repeat(64) }];
    const config = { tokens, rate_limit: 1, max_streams: 1 };
    const untouched = new Proxy({} as NatsBridge, {
      get: (_, name) => {
        throw new Error(`${String(name)} was asked for`);
      },
    });
    const opening = open({ admin: { bridge: untouched, config }, console: '/nowhere' });
    await expect(opening).rejects.toThrow('the console in /nowhere was not built: npm run build');
  });

  it('taken ports are replaced by free ones where that is allowed, and it is said', async () => {
    const [grpc, http] = [await takenPort(), await takenPort()];
    const gateway = await open({ grpc: { port: grpc }, http: { port: http }, allowPortFallback: true });
    expect(gateway.portNotes).toEqual([
      `grpc port ${grpc} is taken by another program: listening on ${gateway.grpcPort} instead`,
      `http port ${http} is taken by another program: listening on ${gateway.httpPort} instead`,
    ]);
    const client = clientOf(gateway);
    expect(await client.call('PaymentService/Void', {})).toMatchObject({ status: 'VOIDED' });
  });
});

describe('closing', () => {
  it('lets running calls end, takes no new ones, and is not ready meanwhile', async () => {
    const bridge = scriptedBridge();
    const { started, release } = heldCall(bridge);
    const gateway = await open({ bridge, health: { host: '127.0.0.1', port: 0 } });
    const client = clientOf(gateway);
    const running = client.call('PaymentService/Authorize', {});
    await started;

    const closed = gateway.close();
    for (const url of [gateway.httpUrl, gateway.healthUrl]) {
      const ready = await fetch(`${url}/readyz`);
      expect([ready.status, await ready.json()]).toEqual([
        503,
        { status: 'not_ready', detail: 'the bridge is shutting down' },
      ]);
    }
    const late = clientOf(gateway).call('PaymentService/Authorize', {});
    expect((await refusalOf(late)).code).toBe(status.UNAVAILABLE);
    release();
    expect(await running).toMatchObject({ status: 'CHARGED' });
    await closed;
    for (const url of [gateway.httpUrl, gateway.healthUrl])
      await expect(fetch(`${url}/healthz`)).rejects.toThrow();
    expect(bridge.executed).toHaveLength(1);
  });

  it('cuts off calls that outlast the drain time, and aborts their signals', async () => {
    const bridge = scriptedBridge();
    let aborted = false;
    const reached = new Promise<void>((resolve) => {
      bridge.script = (call) => {
        resolve();
        return new Promise((answer) =>
          call.options.signal?.addEventListener('abort', () => {
            aborted = true;
            answer(fails('CANCELLED')(call));
          }),
        );
      };
    });
    const gateway = await open({ bridge, drainMs: 50 });
    const refusal = refusalOf(clientOf(gateway).call('PaymentService/Authorize', {}));
    await reached;
    await gateway.close();
    await refusal;
    await expect.poll(() => aborted).toBe(true);
  });

  it('may be asked for twice', async () => {
    const gateway = await open();
    await Promise.all([gateway.close(), gateway.close()]);
  });
});

async function open(options: Partial<GatewayOptions> = {}): Promise<Gateway> {
  const gateway = await openGateway({
    bridge: scriptedBridge(),
    grpc: { port: 0 },
    http: { port: 0 },
    ...options,
  });
  closers.push(() => gateway.close());
  return gateway;
}

function clientOf(gateway: Gateway): UnrulyClient {
  const client = unrulyClient(gateway.grpcPort);
  closers.push(() => client.close());
  return client;
}

function heldCall(bridge: ScriptedBridge) {
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const started = new Promise<void>((resolve) => {
    bridge.script = async (call) => {
      resolve();
      await released;
      return replies()(call);
    };
  });
  return { started, release };
}

function listenOnce(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      closers.push(() => server.close());
      resolve(server);
    });
  });
}

async function takenPort(): Promise<number> {
  return ((await listenOnce(0)).address() as { port: number }).port;
}

async function freePort(): Promise<number> {
  const server = await listenOnce(0);
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
