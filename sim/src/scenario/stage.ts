/** The bridges, workers, broker and processor of one seed, and how they die and come back. */
import { Actor } from '../actors/actor.js';
import { Processor } from '../actors/processor.js';
import { RecordlessWorker } from '../actors/recordless-worker.js';
import { SimBridge } from '../actors/sim-bridge.js';
import { SimWorker } from '../actors/sim-worker.js';
import { Broker } from '../broker/broker.js';
import type { PullConsumer } from '../broker/pull-consumer.js';
import type { Stored } from '../broker/stream.js';
import type { World } from '../world.js';
import { Callers } from './callers.js';
import { type Fortune, handlersOf, recordlessHandlerOf, SIMULATED_OPERATIONS } from './handlers.js';
import { configOf, type Plan } from './plan.js';
import type { Topology } from './topology.js';

type AnyWorker = SimWorker | RecordlessWorker;

export class Stage {
  readonly broker: Broker;
  readonly processor: Processor;
  readonly callers: Callers;
  readonly director = new Actor('director');
  bridges: SimBridge[] = [];
  workers: AnyWorker[] = [];
  /** Chance that a worker that starts keeps no records. */
  recordlessShare: number;
  readonly #loss = { chance: 0 };
  readonly #fortune: Fortune = { slow: { chance: 0, ms: 0 }, fail: { chance: 0 } };
  #born = 0;

  constructor(
    readonly world: World,
    readonly plan: Plan,
    topology: Topology,
    onStored: (stream: string, message: Stored) => void,
  ) {
    const lag = { archiveMs: plan.archiveLagMs, replicasMs: plan.replicasLagMs };
    this.broker = new Broker(world, lag, onStored);
    for (const config of topology.streams) this.broker.makeStream(config);
    for (const { stream, config } of topology.consumers) this.broker.makeConsumer(stream, config);
    this.processor = new Processor(world, new Actor('processor'), this.#loss);
    this.callers = new Callers(world, plan.timeoutMs);
    this.recordlessShare = plan.recordless?.share ?? 0;
  }

  /** From now on things go wrong. */
  beginStorm(): void {
    const { plan } = this;
    Object.assign(this.world.weather, plan.weather);
    this.#loss.chance = plan.processorLoss;
    const { slow, fail } = this.#fortune;
    fail.chance = plan.handlerFails;
    Object.assign(slow, { chance: plan.slowHandlers, ms: plan.timeoutMs + 2 * plan.ackWaitMs });
  }

  /** Everything comes back, and stays. */
  endStorm(): void {
    const { world, bridges, workers } = this;
    Object.assign(world.weather, { drop: 0, duplicate: 0, reorder: 0, slow: 0 });
    const { slow, fail } = this.#fortune;
    for (const chance of [this.#loss, fail, slow]) chance.chance = 0;
    for (const { connection } of [...bridges, ...workers]) connection.heal();
    if (bridges.length === 0) this.addBridge();
    if (workers.length === 0) this.addWorker();
  }

  addBridge(): SimBridge {
    const { world, broker, plan } = this;
    const bridge = new SimBridge(world, broker, `bridge-${++this.#born}`, configOf(plan), {
      version: plan.version,
      looksAtStreams: world.random.chance(0.05),
    });
    this.bridges.push(bridge);
    return bridge;
  }

  addWorker(kind = this.#nextKind()): AnyWorker {
    const { world } = this;
    const worker = kind === 'recordless' ? this.#makeRecordless() : this.#makeGuarded();
    this.workers.push(worker);
    world.scheduler.in(0, worker.actor, () => {
      void worker.start(SIMULATED_OPERATIONS, (operation) => this.consumerOf(operation));
    });
    return worker;
  }

  #nextKind(): 'guarded' | 'recordless' {
    const { recordlessShare: share, world } = this;
    return share > 0 && world.random.chance(share) ? 'recordless' : 'guarded';
  }

  #makeGuarded(): SimWorker {
    const { world, broker, plan, processor } = this;
    const handlers = (actor: Actor) => handlersOf(world, processor, actor, this.#fortune);
    const name = `worker-${++this.#born}`;
    return new SimWorker(world, broker, name, handlers, plan.ackWaitMs, plan.version);
  }

  #makeRecordless(): RecordlessWorker {
    const { world, broker, plan, processor } = this;
    const handler = (actor: Actor) => recordlessHandlerOf(world, processor, actor, this.#fortune);
    return new RecordlessWorker(world, broker, `bare-${++this.#born}`, handler, plan.version);
  }

  consumerOf(operation: string): PullConsumer {
    const consumer = this.broker.consumers.get(`PAYMENTS hyperswitch-consumer-${operation}`);
    if (consumer === undefined) throw new Error(`no consumer for ${operation}`);
    return consumer;
  }

  killBridge(bridge: SimBridge): void {
    this.world.trace(bridge.actor, () => 'dies');
    bridge.crash();
    this.bridges = this.bridges.filter((other) => other !== bridge);
    this.callers.hangUp(bridge);
  }

  killWorker(worker: AnyWorker): void {
    if (!worker.actor.isAlive) return;
    this.world.trace(worker.actor, () => 'dies');
    worker.crash();
    this.workers = this.workers.filter((other) => other !== worker);
  }
}
