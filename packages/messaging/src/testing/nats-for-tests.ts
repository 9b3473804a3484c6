/** A real nats-server for one test file: own folder, free port, gone afterwards. Not exported from the package. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type EmbeddedServer,
  type EmbeddedServerOptions,
  startEmbeddedServer,
} from '../embedded/embedded-server.js';

export type TestServer = EmbeddedServer & { readonly storeDir: string; dispose(): Promise<void> };

/** `syncInterval` is the server's default here, for speed: tests that are about disks say otherwise. */
export async function startTestServer(options: Partial<EmbeddedServerOptions> = {}): Promise<TestServer> {
  const storeDir = await mkdtemp(join(tmpdir(), 'nats-bridge-test-'));
  const server = await startEmbeddedServer({ syncInterval: '2m', storeDir, ...options });
  const dispose = async () => {
    await server.stop();
    await rm(storeDir, { recursive: true, force: true });
  };
  return Object.defineProperties(
    { storeDir, dispose } as TestServer,
    Object.getOwnPropertyDescriptors(server),
  );
}
