/** The library way: NatsBridge in the generator's process, and the worker SDK at the other end. */
import { type BridgeConfigInput, NatsBridge } from '@nats-bridge/connector';
import { createWorker } from '@nats-bridge/worker';
import { type Asked, idSource, REPLY, routerDataSource } from '../payment.js';
import type { Protection, Role } from './role.js';

/** One server, so one replica; everything else as it comes. */
export function bridgeConfigOf(natsUrl: string, isDurable: boolean): BridgeConfigInput {
  return { base_url: natsUrl, jetstream_enabled: isDurable, jetstream: { num_replicas: 1 } };
}

export const librarySender = (isDurable: boolean, asked: Asked = 'authorize'): Role => ({
  kind: 'sender',
  async start({ natsUrl }) {
    const bridge = new NatsBridge(bridgeConfigOf(natsUrl, isDurable));
    await bridge.prepare();
    const nextIds = idSource();
    return {
      sendOf(size) {
        const dataOf = routerDataSource(size, asked);
        return async () => {
          const outcome = await bridge.execute(asked, dataOf(nextIds()));
          if (outcome.kind !== 'answered' || outcome.error !== undefined)
            throw new Error(`${outcome.kind}: ${outcome.error?.message}`);
        };
      },
    };
  },
});

export const sdkWorker = (isDurable: boolean, { isSealed, isSigned }: Protection = {}): Role => ({
  kind: 'service',
  async start({ natsUrl, keys }) {
    const keysFor = (use: 'seals' | 'signs') => ({
      seedFiles: [keys.pool[use].seedFile],
      bridges: [keys.bridge[use].publicKey],
    });
    const worker = createWorker({
      servers: natsUrl,
      jetstream: isDurable,
      concurrency: 256,
      handlers: { authorize: () => REPLY, sync: () => REPLY },
      ...(isSealed && { sealing: keysFor('seals') }),
      ...(isSigned && { signing: keysFor('signs') }),
    });
    await worker.start();
    return {};
  },
});
