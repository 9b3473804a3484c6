/** What can be done to the parts of a run; each is over when its promise resolves. */
import { setTimeout as sleep } from 'node:timers/promises';
import { createConnection } from '@nats-bridge/messaging';
import { jetstreamManager } from '@nats-io/jetstream';
import type { Random } from './random.js';
import { ACK_WAIT_MS, type Scene } from './scene.js';

export type Fault = (scene: Scene, random: Random) => Promise<void>;

const pick = <T>(items: readonly T[], random: Random): T => items[Math.floor(random() * items.length)] as T;
/** Longer than the ack wait: what was in hand is delivered to others meanwhile. */
const FROZEN_MS = ACK_WAIT_MS * 1.5;

export const FAULTS: Readonly<Record<string, Fault>> = {
  kill_worker: (scene, random) => restart(pick(scene.workers, random)),
  kill_gateway: (scene, random) => restart(pick(scene.gateways, random)),
  async kill_nats({ server }, random) {
    await server.kill();
    await sleep(100 + 900 * random());
    await server.restart();
  },
  freeze_worker: (scene, random) => freeze(pick(scene.workers, random)),
  freeze_gateway: (scene, random) => freeze(pick(scene.gateways, random)),
  async freeze_nats({ server }) {
    process.kill(server.pid, 'SIGSTOP');
    await sleep(FROZEN_MS);
    process.kill(server.pid, 'SIGCONT');
  },
  async cut_network({ proxy }, random) {
    proxy.cut();
    await sleep(500 + FROZEN_MS * random());
    proxy.restore();
  },
  async slow_network({ proxy }, random) {
    proxy.delay(50 + 250 * random());
    await sleep(FROZEN_MS);
    proxy.restore();
  },
  async fill_stream({ server }) {
    const connection = createConnection({ servers: server.url });
    const manager = await jetstreamManager(await connection.get());
    const { config } = await manager.streams.info('PAYMENTS');
    // The server takes nothing more: even one message is above this.
    await manager.streams.update('PAYMENTS', { ...config, max_msg_size: 1 });
    await sleep(1_000);
    await manager.streams.update('PAYMENTS', config);
    await connection.close();
  },
};

/** Not done to a worker but by it, within the handling of a request; see worker.ts. */
export const CRASHES = ['crash_before_effect', 'crash_after_effect', 'crash_before_ack'] as const;

async function restart(part: Scene['workers'][number]): Promise<void> {
  await part.kill();
  await sleep(200);
  await part.start();
}

async function freeze(part: Scene['workers'][number]): Promise<void> {
  part.signal('SIGSTOP');
  await sleep(FROZEN_MS);
  part.signal('SIGCONT');
}
