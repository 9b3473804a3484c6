import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { afterEach, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../testing/nats-for-tests.js';
import { until } from '../testing/until.js';
import { startEmbeddedServer } from './embedded-server.js';
import { renderServerConfig } from './server-config.js';

const started: TestServer[] = [];
async function server(options?: Parameters<typeof startTestServer>[0]): Promise<TestServer> {
  const one = await startTestServer(options);
  started.push(one);
  return one;
}
afterEach(async () => {
  await Promise.all(started.splice(0).map((one) => one.dispose()));
});

describe('startEmbeddedServer', () => {
  it('listens on loopback, with JetStream that keeps its streams over a restart on the same port', async () => {
    const nats = await server();
    const first = await connect({ servers: nats.url });
    await (await jetstreamManager(first)).streams.add({ name: 'KEPT', subjects: ['kept'] });
    await first.close();
    const { port, pid } = nats;

    await nats.restart();

    expect(nats.port).toBe(port);
    expect(nats.pid).not.toBe(pid);
    const second = await connect({ servers: nats.url });
    expect((await (await jetstreamManager(second)).streams.info('KEPT')).config.subjects).toEqual(['kept']);
    await second.close();
  });

  it('passes on the server log when it cannot start', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const port = (taken.address() as { port: number }).port;
    await expect(server({ port })).rejects.toMatchObject({
      code: 'EMBEDDED_SERVER_FAILED',
      message: expect.stringContaining('address already in use'),
    });
    taken.close();
  });

  it('refuses a store that another running server uses, and takes it once that one is dead', async () => {
    const nats = await server();
    const { storeDir } = nats;
    await expect(startEmbeddedServer({ storeDir })).rejects.toThrow(`process id ${nats.pid}`);
    await nats.kill();
    const next = await startEmbeddedServer({ storeDir });
    await next.stop();
  });

  it.runIf(process.platform === 'linux')('does not outlive a parent that is killed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'nats-bridge-test-'));
    // The parent has to be a process of its own, so it runs this package as built.
    const built = new URL('../../dist/embedded/embedded-server.js', import.meta.url);
    await writeFile(
      join(folder, 'parent.mjs'),
      `const { startEmbeddedServer } = await import('${built}');
       console.log((await startEmbeddedServer({ storeDir: '${join(folder, 'store')}' })).pid);
       setInterval(() => {}, 1000);`,
    );
    const parent = spawn(process.execPath, [join(folder, 'parent.mjs')]);
    const serverPid = await new Promise<number>((resolve, reject) => {
      parent.stdout.once('data', (chunk: Buffer) => resolve(Number(chunk)));
      parent.stderr.once('data', (chunk: Buffer) => reject(new Error(String(chunk))));
    });
    expect(isRunning(serverPid)).toBe(true);
    parent.kill('SIGKILL');
    await until('the server to end', () => !isRunning(serverPid));
    await rm(folder, { recursive: true });
  });
});

describe('renderServerConfig', () => {
  const config = {
    host: '127.0.0.1',
    port: 0,
    jetstream: true,
    storeDir: '/data',
    runDir: '/run',
    logFile: '/log',
    syncInterval: 'always',
    maxPayloadBytes: undefined,
  } as const;

  it('asks for a flush per message', () => {
    expect(renderServerConfig(config, '2.15.2').text).toContain('sync_interval: always');
  });

  it('says so where the server is too old for it', () => {
    const { text, notes } = renderServerConfig(config, '2.9.10');
    expect(text).not.toContain('sync_interval');
    expect(notes).toEqual([expect.stringContaining('2.10')]);
  });
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
