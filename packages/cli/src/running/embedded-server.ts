/** The NATS server that `nats-bridge up` starts itself. */
import { createServer } from 'node:net';
import { type EmbeddedServer, startEmbeddedServer } from '@nats-bridge/messaging';
import { sessionIn } from '../installation/up-session.js';
import { progress } from '../output/terminal.js';

const NATS_PORT = 4222;

/**
 * On NATS's own port, where other commands look without being told; on any free one where that is taken.
 *
 * @throws Error where another `nats-bridge up` has its streams there
 */
export async function embeddedServer(storeDir: string): Promise<EmbeddedServer> {
  const other = sessionIn(storeDir);
  if (other !== undefined)
    throw new Error(
      `nats-bridge up runs here already, with process id ${other.pid} and its streams in ${storeDir}: use that one (${other.url}/console/), stop it, or give a second one a store of its own with --data <folder>`,
    );
  const isFree = await isPortFree(NATS_PORT);
  if (!isFree) progress(`port ${NATS_PORT} is taken: NATS gets a free one`);
  return startEmbeddedServer({ storeDir, port: isFree ? NATS_PORT : 0, onProgress: progress });
}

function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
