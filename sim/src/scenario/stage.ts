/** The bridges, workers, broker and processor of one seed, and how they die and come back. */
import { Actor } from '../actors/actor.js';
import { Processor } from '../actors/processor.js';
import { SimBridge } from '../actors/sim-bridge.js';
import { SimWorker } from '../actors/sim-worker.js';
import { Broker } from '../broker/broker.js';
import type { PullConsumer } from '../broker/pull-consumer.js';
import type { Stored } from '../broker/stream.js';
import type { World } from '../world.js';
import { Callers } from './callers.js';
import { handlersOf } from './handlers.js';
import { configOf, type Plan } from './plan.js';
import type { Topology } from './topology.js';

export class Stage {
  readonly broker: Broker;
  readonly processor: Processor;
  readonly callers: Callers;
  readonly director = new Actor('director');
  bridges: SimBridge[] = [];
  workers: SimWorker[] = [];
  readonly #loss = { chance: 0 };
  readonly #slow = { chance: 0, ms: 0 };
  readonly #fail = { chance: 0 };
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
  }

  /** From now on things go wrong. */
  beginStorm(): void {
    const { plan } = this;
    Object.assign(this.world.weather, plan.weather);
    this.#loss.chance = plan.processorLoss;
    this.#fail.chance = plan.handlerFails;
    Object.assign(this.#slow, { chance: plan.slowHandlers, ms: plan.timeoutMs + 2 * plan.ackWaitMs });
  }

  /** Everything comes back, and stays. */
  endStorm(): void {
    const { world, bridges, workers } = this;
    Object.assign(world.weather, { drop: 0, duplicate: 0, reorder: 0, slow: 0 });
    for (const chance of [this.#loss, this.#fail, this.#slow]) chance.chance = 0;
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

  addWorker(): SimWorker {
    const { world, broker, plan, processor } = this;
    const handlers = (actor: Actor) =>
      handlersOf(world, processor, actor, { slow: this.#slow, fail: this.#fail });
    const worker = new SimWorker(
      world,
      broker,
      `worker-${++this.#born}`,
      handlers,
      plan.ackWaitMs,
      plan.version,
    );
    this.workers.push(worker);
    world.scheduler.in(0, worker.actor, () => void worker.start((operation) => this.consumerOf(operation)));
    return worker;
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

  killWorker(worker: SimWorker): void {
    this.world.trace(worker.actor, () => 'dies');
    worker.crash();
    this.workers = this.workers.filter((other) => other !== worker);
  }
}
