/** Bridges and workers that sign, on a server of their own for each test. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type BridgeConfigInput,
  type BridgeEvent,
  createDeadLetters,
  type DeadLetters,
  keepDeadLetters,
  NatsBridge,
} from '@nats-bridge/connector';
import { newCurveSeed, newSigningSeed, publicCurveKey, publicSigningKey } from '@nats-bridge/messaging';
import type { Secret } from '@nats-bridge/protocol';
import {
  createWorker,
  type HandlerResponse,
  type WorkerEvent,
  type WorkerOptions,
} from '@nats-bridge/worker';
import { afterAll } from 'vitest';
import { serverForEachTest } from '../server-for-each-test.js';
import type { Mode } from '../stack-under-test.js';
import { SUCCESS } from './messages.js';

export type Key = { readonly file: string; readonly seed: Secret<string>; readonly publicKey: string };

/** Called once by a test file, before its tests. */
export function signingScene() {
  const folder = mkdtempSync(join(tmpdir(), 'nats-bridge-signing-'));
  const { serverUrl, closeAfter } = serverForEachTest();
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const [bridgeKey, poolKey, stranger] = [newKey('bridge'), newKey('pool'), newKey('stranger')];

  function newKey(name: string): Key {
    const seed = newSigningSeed();
    const file = join(folder, `${name}.nk`);
    writeFileSync(file, `${seed.reveal()}\n`, { mode: 0o600 });
    return { file, seed, publicKey: publicSigningKey(seed) };
  }

  function sealingKeys() {
    const [bridge, pool] = ['bridge', 'pool'].map((name) => {
      const seed = newCurveSeed();
      const file = join(folder, `${name}.xk`);
      writeFileSync(file, seed.reveal(), { mode: 0o600 });
      return { file, publicKey: publicCurveKey(seed) };
    }) as [Omit<Key, 'seed'>, Omit<Key, 'seed'>];
    return {
      bridge: { sealing: { seed_files: [bridge.file], workers: [pool.publicKey] } },
      worker: { sealing: { seedFiles: [pool.file], bridges: [bridge.publicKey] } },
    };
  }

  function signing() {
    return { seed_files: [bridgeKey.file], workers: [poolKey.publicKey] };
  }

  function bridgeWith(config: BridgeConfigInput = {}, events: BridgeEvent[] = []): NatsBridge {
    const bridge = new NatsBridge(
      {
        base_url: serverUrl(),
        jetstream: { num_replicas: 1 },
        request_timeout_ms: 15_000,
        signing: signing(),
        ...config,
      },
      { onEvent: (event) => events.push(event) },
    );
    closeAfter(() => bridge.close());
    return bridge;
  }

  /** The consumers are there already: a bridge was prepared. */
  async function workerWith(mode: Mode, options: Partial<WorkerOptions> = {}) {
    const events: WorkerEvent[] = [];
    let runs = 0;
    const run = (): HandlerResponse => {
      runs++;
      return { ...SUCCESS, transaction_id: `txn_${runs}` };
    };
    const worker = createWorker({
      servers: serverUrl(),
      jetstream: mode === 'durable',
      signing: { seedFiles: [poolKey.file], bridges: [bridgeKey.publicKey] },
      handlers: { authorize: run, refund: run, sync: () => SUCCESS },
      onEvent: (event) => events.push(event),
      ...options,
    });
    closeAfter(() => worker.stop());
    await worker.start();
    return {
      events,
      runs: () => runs,
      reasons: () => events.flatMap((event) => (event.type === 'malformed' ? [event.reason] : [])),
      stop: () => worker.stop(),
    };
  }

  async function lettersOf(bridge: NatsBridge): Promise<DeadLetters> {
    const keeper = keepDeadLetters(bridge);
    closeAfter(() => keeper.close());
    await bridge.prepare();
    const letters = createDeadLetters(bridge);
    closeAfter(() => letters.close());
    return letters;
  }

  return {
    folder,
    bridgeKey,
    poolKey,
    stranger,
    serverUrl,
    closeAfter,
    newKey,
    sealingKeys,
    signing,
    bridgeWith,
    workerWith,
    lettersOf,
  };
}
