/** NatsBridge: every Hyperswitch payment trait as a method, carried over NATS to a worker and back. */
import { type Connection, createConnection, type Durability, type Signer } from '@nats-bridge/messaging';
import {
  type BridgeResponse,
  type Operation,
  type Outcome,
  outcomeOfError,
  outcomeOfReply,
  type RouterData,
  ValidationError,
} from '@nats-bridge/protocol';
import type { Tracing } from '@nats-bridge/tracing';
import { type CountWaitingApprovals, createWaitingApprovals } from './approvals/waiting-approvals.js';
import type { BridgeEvent } from './bridge-event.js';
import { type BridgeParts, type BridgeStats, createBridgeParts } from './bridge-parts.js';
import { bridgeErrorOf } from './call/bridge-error-of.js';
import { type CallOptions, exchangeOf } from './call/exchange-of.js';
import { type Observe, resultOf } from './call/observation.js';
import { auditSignerOf } from './config/audit-config.js';
import { type BridgeConfig, type BridgeConfigInput, bridgeConfigSchema } from './config/bridge-config.js';
import { connectionOptionsOf } from './config/connection-options.js';
import { loadConfig } from './config/load-config.js';
import { tracingOf } from './config/tracing-config.js';
import { type BrokerFigures, readFigures } from './figures.js';
import type { LateAnswers } from './late-answers/late-answers.js';
import type { Ledger } from './ledger/ledger.js';
import { defineOperationMethods, type OperationMethods } from './operation-methods.js';
import { durabilityOf } from './preparation/durability.js';
import { type Health, readHealth } from './preparation/health.js';
import { createPreparation, type Preparation } from './preparation/preparation.js';
import { presenceQuestions } from './presence/presence-question.js';
import type { RateLimitUse } from './rate-limits/rate-limits.js';
import type { BridgeSealing } from './sealing/bridge-sealing.js';

export type NatsBridgeOptions = {
  /** A connection to share; without it the bridge makes its own on first use. */
  readonly connection?: Connection;
  readonly onEvent?: (event: BridgeEvent) => void;
};

/** One method per operation of the catalogue: `authorize`, `setupMandate`, `refundSync` … */
export interface NatsBridge extends OperationMethods {}

/**
 * The connector. Nothing is connected until the first call.
 *
 * @example
 * const bridge = new NatsBridge({ base_url: 'nats://127.0.0.1:4222' });
 * const outcome = await bridge.authorize(routerData);
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the methods are made from the catalogue, below.
export class NatsBridge {
  /** What was given, checked, with the default of everything that was not (docs/configuration.md). */
  readonly config: BridgeConfig;
  /** The one that was given, which its owner closes; or the bridge's own, which `close` closes. */
  readonly connection: Connection;
  /** What became of each operation that moves money, whoever waited for it. */
  readonly ledger: Ledger;
  /** What callers in doubt are told when the answer comes. */
  readonly lateAnswers: LateAnswers;
  /** Opens what was sealed for the bridges, and looks who signed it, to show or to send it again. */
  readonly sealing: BridgeSealing;
  /** Signs what people do; undefined without `audit.seed_file`. */
  readonly auditSigner: Signer | undefined;
  /** Begins spans; undefined without `tracing.endpoint`. */
  readonly tracing: Tracing | undefined;
  readonly #ownsConnection: boolean;
  readonly #parts: BridgeParts;
  readonly #preparation: Preparation;
  readonly #countApprovals: CountWaitingApprovals;

  /** @throws ConfigError when a value is not allowed; says which, and what is. */
  constructor(input: BridgeConfigInput = {}, options: NatsBridgeOptions = {}) {
    const config = loadConfig(
      { nats_bridge: bridgeConfigSchema },
      { values: { nats_bridge: input } },
    ).nats_bridge;
    const connection = options.connection ?? createConnection(connectionOptionsOf(config));
    const report = options.onEvent ?? (() => {});
    this.config = config;
    this.connection = connection;
    this.#ownsConnection = options.connection === undefined;
    this.auditSigner = auditSignerOf(config.audit);
    this.tracing = tracingOf(config.tracing, (error) => report({ type: 'error', error, subject: 'tracing' }));
    this.#countApprovals = createWaitingApprovals(connection, config);
    this.#parts = createBridgeParts({
      config,
      connection,
      tracing: this.tracing,
      report,
      prepare: () => this.prepare(),
    });
    this.ledger = this.#parts.ledger;
    this.lateAnswers = this.#parts.lateAnswers;
    this.sealing = this.#parts.sealing;
    this.#preparation = createPreparation({
      config,
      connection,
      report,
      onReady: this.lateAnswers.begin,
    });
  }

  /**
   * Carries an operation to a worker and gives what became of it. Trouble with NATS or the worker is an outcome
   * (`unknown` or `not_sent`), not an exception. The data is taken as it is: the methods named like operations look at
   * it first.
   *
   * @throws ValidationError when the data can never be sent; nothing was.
   */
  async execute(operation: Operation, data: RouterData, options: CallOptions = {}): Promise<Outcome> {
    const call = this.#parts.begin(operation, data, options.traceparent);
    try {
      const reply = await this.#parts.send(exchangeOf(call, options, this.config));
      const outcome = outcomeOfReply(call, reply);
      call.end(resultOf(outcome));
      return outcome;
    } catch (thrown) {
      const error = bridgeErrorOf(thrown);
      call.end(error.phase === 'before_send' ? 'not_sent' : 'unknown', error.code);
      if (error instanceof ValidationError) {
        const { message, isKeyConflict } = error;
        throw new ValidationError(message, {
          cause: error,
          correlationId: call.correlationId,
          isKeyConflict,
        });
      }
      return outcomeOfError(call, error);
    }
  }

  /** The answer that stands in the record of an idempotency key, whoever waited for it; undefined without one. */
  findAnswer(merchantId: string, key: string): Promise<BridgeResponse | undefined> {
    return this.#parts.findAnswer(merchantId, key);
  }

  /**
   * Connects, and makes streams and consumers if they are missing. Called by the first operation.
   *
   * @throws DurabilityUnmetError, RestoreUnfinishedError, StandbyError where people have to act first; NotConnectedError
   *   when no server answers; another BridgeError otherwise
   */
  prepare(): Promise<void> {
    return this.#preparation.prepare();
  }

  /**
   * Whether a call would be carried now: NATS answers, and streams and consumers were made ready once. Until they are,
   * each question has it tried again, and is answered with why the last try failed.
   */
  health(): Promise<Health> {
    return readHealth(this.connection, this.#preparation);
  }

  /** What an acknowledged request survives, by what the broker says of itself now. */
  durability(): Promise<Durability> {
    return durabilityOf(this.connection, this.config);
  }

  /**
   * Whether anybody takes calls now, also without the SDK, in one operation at least; undefined while there is no
   * connection.
   */
  isAnybodyThere(): Promise<boolean> | undefined {
    return this.connection.current === undefined
      ? undefined
      : this.#parts.presence.isAnybodyThere(presenceQuestions(this.config));
  }

  /**
   * What the broker says of streams, consumers and workers now; undefined while there is no connection: nothing is
   * dialled for it.
   */
  figures(): Promise<BrokerFigures> | undefined {
    return this.connection.current === undefined
      ? undefined
      : readFigures(this.connection, this.config, this.#countApprovals);
  }

  /** Tells of calls as they begin, are tried again and end. @returns unsubscribe */
  observe(observe: Observe): () => void {
    return this.#parts.observers.add(observe);
  }

  /** What was sent and what came back since the bridge was made. */
  stats(): BridgeStats {
    return this.#parts.stats();
  }

  /** The rate limits, the most specific first, and what each has done since the bridge was made. */
  rateLimits(): readonly RateLimitUse[] {
    return this.#parts.rateLimits.use();
  }

  /** Calls in flight. */
  get inFlight(): number {
    return this.#parts.inFlight.count;
  }

  /** Refuses new calls, lets none wait any longer than it takes to say "unknown", and closes the connection. */
  async close(): Promise<void> {
    this.#preparation.close();
    await this.#parts.close();
    if (this.#ownsConnection) await this.connection.close();
    await this.tracing?.close();
  }
}

defineOperationMethods(NatsBridge.prototype);
