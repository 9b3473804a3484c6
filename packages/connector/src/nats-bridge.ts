/** NatsBridge: every Hyperswitch payment trait as a method, carried over NATS to a worker and back. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  applyTopology,
  type CancelSignal,
  type Connection,
  createBodyReferences,
  createConnection,
  createPresence,
  createRequester,
  createWorkStream,
  type Durability,
  isAtLeast,
  type LateReply,
  MessagingError,
  type Overlap,
  type Presence,
  type Requester,
  type RequesterStats,
  readDurability,
  type Signer,
  type StrayReply,
  type TopologyChange,
  TopologyError,
  type WorkStream,
  watchOverlaps,
} from '@nats-bridge/messaging';
import {
  answerPattern,
  BODY_BUCKET,
  BridgeError,
  type BridgeErrorCode,
  type BridgeResponse,
  checkRouterData,
  HEADER,
  idempotencyKey,
  isConclusion,
  LATE_STREAM,
  LIMIT_PATTERN,
  OPERATIONS,
  type Operation,
  type Outcome,
  operationRow,
  outcomeOfError,
  outcomeOfReply,
  RECORD_PATTERN,
  type RouterData,
  stateOf,
  ValidationError,
} from '@nats-bridge/protocol';
import type { TraceParent, Tracing } from '@nats-bridge/tracing';
import { type CountWaitingApprovals, createWaitingApprovals } from './approvals/waiting-approvals.js';
import { isRestoreUnfinished } from './backup/restore-mark.js';
import { bridgeErrorOf } from './bridge-error-of.js';
import { auditSignerOf } from './config/audit-config.js';
import {
  type BridgeConfig,
  type BridgeConfigInput,
  bridgeConfigSchema,
  poolOf,
} from './config/bridge-config.js';
import { connectionOptionsOf } from './config/connection-options.js';
import { loadConfig } from './config/load-config.js';
import { sealingConfigOf } from './config/sealing-config.js';
import { signingConfigOf } from './config/signing-config.js';
import { tracingOf } from './config/tracing-config.js';
import { DurabilityUnmetError } from './durability-unmet-error.js';
import type { CallMarks, Exchange, Send } from './exchange.js';
import { type BrokerFigures, readFigures } from './figures.js';
import { createLateAnswers, type LateAnswers } from './late-answers/late-answers.js';
import { createRecordUnclaimed } from './late-answers/unclaimed-replies.js';
import { createLedger, type Ledger } from './ledger/ledger.js';
import {
  type CallIds,
  type CallResult,
  createObservers,
  idsOf,
  type Observe,
  resultOf,
} from './observation.js';
import { createBreakers, probeNow } from './policies/circuit-breaker.js';
import type { InFlight } from './policies/limit-in-flight.js';
import { presenceQuestions } from './presence/presence-question.js';
import { createRateLimits, type RateLimits, type RateLimitUse } from './rate-limits/rate-limits.js';
import { shareTakes } from './rate-limits/share-takes.js';
import { readReplyCorrelationId } from './reply-correlation.js';
import { RestoreUnfinishedError } from './restore-unfinished-error.js';
import { type PoolName, poolsFor } from './route.js';
import { type BridgeSealing, createBridgeSealing } from './sealing/bridge-sealing.js';
import { createSend } from './send.js';
import { type RefusedReply, withSigning } from './signing/bridge-signing.js';
import { copiedHere } from './standby/read-standby.js';
import { StandbyError } from './standby/standby-error.js';
import { archiveNameOf, mayDeliver, topologyOf } from './topology.js';
import { CALL_SPAN, endCall } from './tracing/trace-call.js';

export type CallOptions = {
  /** Milliseconds since the epoch; the configured timeout of the operation still bounds it. */
  readonly deadlineAt?: number;
  /** Ends the wait, not the operation: the outcome is then unknown. */
  readonly signal?: CancelSignal;
  /** W3C trace context, handed to the worker; of this process, its span will do. */
  readonly traceparent?: TraceParent;
  /** Why there is no room for it: it is not sent, and only a repeat hears more than OVERLOADED. */
  readonly turnedAway?: string;
  /** A question that only a worker may answer, never the ledger: what is compared must not answer for both. */
  readonly isForWorkersAlone?: boolean;
};

export type BridgeEvent =
  /** A reply that named another request; it was not given to anybody. */
  | { readonly type: 'stray_reply'; readonly reply: StrayReply }
  /** An answer to a request whose caller had been told "unknown". `ids`: of that call, where it is known. */
  | { readonly type: 'late_reply'; readonly reply: LateReply; readonly ids?: CallIds }
  /** An answer that nobody who may has signed as it is: forged, altered, moved, or not signed at all. It counts for nothing. */
  | ({ readonly type: 'refused_reply' } & RefusedReply)
  /**
   * Two consumers of the stream that each get every request: an operation may be executed by both. Nothing but one of
   * them going away helps.
   */
  | { readonly type: 'overlapping_consumers'; readonly overlap: Overlap }
  /**
   * A stream or consumer is not as configured, and is left so: to change it would lose messages, or the server does not
   * do it. Told each time that streams are made ready; `describeConflict` of messaging says what to do.
   */
  | { readonly type: 'topology_conflict'; readonly conflict: TopologyChange }
  /** `ids`: of the call that it happened to. */
  | { readonly type: 'error'; readonly error: Error; readonly subject: string; readonly ids?: CallIds };

export type BridgeStats = RequesterStats & {
  /** Answers that were not taken because nobody who may has signed them, each time that one was read. */
  readonly refusedReplies: number;
};

export type NatsBridgeOptions = {
  /** A connection to share; without it the bridge makes its own on first use. */
  readonly connection?: Connection;
  readonly onEvent?: (event: BridgeEvent) => void;
};

/** How long calls that are cut off may take to write down what is known of them. */
const LAST_WRITES_MS = 2_000;

/** One method per operation of the catalogue: `authorize`, `setupMandate`, `refundSync` … */
type OperationMethods = {
  [O in Operation as CamelCase<O>]: (data: RouterData, options?: CallOptions) => Promise<Outcome>;
};
type CamelCase<Name extends string> = Name extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Name;

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
  readonly #requester: Requester;
  readonly #presence: Presence;
  readonly #workStream: WorkStream;
  readonly #countApprovals: CountWaitingApprovals;
  readonly #send: Send;
  /** Two bridges never hear each other's answers. */
  readonly #instance = randomUUID();
  readonly #inFlight: InFlight = { count: 0 };
  readonly #rateLimits: RateLimits;
  #refusedReplies = 0;
  readonly #observers = createObservers();
  readonly #breakers = createBreakers((route, state) =>
    this.#observers.tell({ type: 'breaker_changed', ...route, state }),
  );
  #topology: Promise<unknown> | undefined;
  /** What the last try to make streams ready ended with. */
  #prepared: 'not yet' | 'yes' | Error = 'not yet';
  #closing = false;
  readonly #stopListening: () => void;
  readonly #stopSharing: () => void;
  readonly #report: (event: BridgeEvent) => void;
  #stopWatching: (() => void) | undefined;

  /** @throws ConfigError when a value is not allowed; says which, and what is. */
  constructor(config: BridgeConfigInput = {}, options: NatsBridgeOptions = {}) {
    this.config = loadConfig(
      { nats_bridge: bridgeConfigSchema },
      { values: { nats_bridge: config } },
    ).nats_bridge;
    this.#rateLimits = createRateLimits(this.config.rate_limits);
    this.#ownsConnection = options.connection === undefined;
    this.connection = options.connection ?? createConnection(connectionOptionsOf(this.config));
    const { jetstream } = this.config;
    const report = options.onEvent ?? (() => {});
    this.#report = report;
    this.auditSigner = auditSignerOf(this.config.audit);
    this.tracing = tracingOf(this.config.tracing, (error) =>
      report({ type: 'error', error, subject: 'tracing' }),
    );
    const bodies = createBodyReferences(this.connection, { bucket: BODY_BUCKET });
    const sealing = withSigning(
      createBridgeSealing(sealingConfigOf(this.config.sealing)),
      signingConfigOf(this.config.signing),
      (refused) => {
        this.#refusedReplies++;
        report({ type: 'refused_reply', ...refused });
      },
    );
    this.sealing = sealing;
    this.#countApprovals = createWaitingApprovals(this.connection, this.config);
    this.ledger = createLedger(this.connection, bodies, sealing);
    this.lateAnswers = createLateAnswers({
      connection: this.connection,
      ledger: this.ledger,
      sealing,
      isDurable: this.config.jetstream_enabled,
      listen: () => this.#requester.ready(),
      onError: (cause) =>
        report({ type: 'error', error: new Error('late answers', { cause }), subject: LATE_STREAM }),
    });
    this.#workStream = createWorkStream(this.connection, {
      stream: jetstream.stream_name,
      archive: archiveNameOf(this.config),
      onError: (error) => report({ type: 'error', error, subject: jetstream.stream_name }),
    });
    const canDeliver = mayDeliver(this.config);
    this.#requester = createRequester(this.connection, {
      ...(this.config.jetstream_enabled && {
        replySubjects: [RECORD_PATTERN, answerPattern({ bridge: this.#instance })],
        isAnswer: isConclusion,
        isWithdrawal: (headers) => stateOf(headers) === 'withdrawn',
        ackStream: jetstream.stream_name,
        mayDeliver: canDeliver,
        bodies,
      }),
      maxRetries: this.config.max_retries,
      maxInFlight: this.config.max_in_flight,
      correlationHeader: HEADER.correlationId,
      readCorrelationId: readReplyCorrelationId,
      replyToHeader: HEADER.replyTo,
      onError: (error, subject) => report({ type: 'error', error, subject }),
    });
    this.#presence = createPresence(this.connection, { stream: jetstream.stream_name });
    this.#requester.onStray((reply) => report({ type: 'stray_reply', reply }));
    this.#requester.onLate((reply) => {
      report({ type: 'late_reply', reply, ids: this.lateAnswers.idsOf(reply.correlationId) });
      return this.lateAnswers.record(reply);
    });
    this.#requester.onUnclaimed(
      createRecordUnclaimed({
        connection: this.connection,
        ledger: this.ledger,
        sealing,
        stream: jetstream.stream_name,
        archive: archiveNameOf(this.config),
        mayDeliver: canDeliver,
        isClosing: () => this.#closing,
        onUnrecorded: (cause) =>
          report({ type: 'error', error: unrecorded(cause), subject: jetstream.stream_name }),
      }),
    );
    this.#stopListening = this.connection.onState(({ state }) => {
      if (state === 'connected') probeNow(this.#breakers, Date.now());
    });
    this.#stopSharing = shareTakes(this.connection, this.#rateLimits, {
      instance: this.#instance,
      onError: (cause) =>
        report({
          type: 'error',
          error: new Error('rate limits of other bridges', { cause }),
          subject: LIMIT_PATTERN,
        }),
    });
    this.#send = createSend({
      config: this.config,
      connection: this.connection,
      instance: this.#instance,
      requester: this.#requester,
      presence: this.#presence,
      workStream: this.#workStream,
      ledger: this.ledger,
      lateAnswers: this.lateAnswers,
      sealing,
      tracing: this.tracing,
      inFlight: this.#inFlight,
      rateLimits: this.#rateLimits,
      breakers: this.#breakers,
      prepare: () => this.prepare(),
      findAnswer: (merchantId, key) => this.findAnswer(merchantId, key),
      isClosing: () => this.#closing,
      onRetry: (exchange, code) => {
        const { operation, data } = exchange;
        const ids = idsOf(exchange);
        this.#observers.tell({ type: 'call_retried', operation, connector: data.connector, code, ids });
      },
      onUnrecorded: (cause, exchange) =>
        report({
          type: 'error',
          error: unrecorded(cause),
          subject: exchange.operation,
          ids: idsOf(exchange),
        }),
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
    const call = { operation, data, correlationId: randomUUID() };
    const { connector } = data;
    const marks: CallMarks = { begunAt: performance.now(), at: Date.now() };
    this.#observers.tell({ type: 'call_began', operation, connector });
    const span = this.tracing?.begin(CALL_SPAN, call, options.traceparent);
    const ended = (result: CallResult, code?: BridgeErrorCode) => {
      endCall(span, result, code);
      this.#observers.tell({
        type: 'call_ended',
        operation,
        connector,
        result,
        code,
        pools: code === 'NO_WORKERS_AVAILABLE' ? this.#poolsWithoutWorkers(call, marks) : undefined,
        durationMs: performance.now() - marks.begunAt,
        marks,
        ids: idsOf(call),
        traceId: span?.traceId,
      });
    };
    try {
      const reply = await this.#send(this.#exchange(call, options, span ?? options.traceparent, marks));
      const outcome = outcomeOfReply(call, reply);
      ended(resultOf(outcome));
      return outcome;
    } catch (thrown) {
      const error = bridgeErrorOf(thrown);
      ended(error.phase === 'before_send' ? 'not_sent' : 'unknown', error.code);
      if (error instanceof ValidationError)
        throw new ValidationError(error.message, { cause: error, correlationId: call.correlationId });
      return outcomeOfError(call, error);
    }
  }

  #poolsWithoutWorkers(
    { operation, data }: { readonly operation: Operation; readonly data: RouterData },
    { sentAt, sentTo }: CallMarks,
  ): readonly PoolName[] {
    return sentAt === undefined ? poolsFor(this.config, operation, data) : [sentTo];
  }

  /** Tells of calls as they begin, are tried again and end. @returns unsubscribe */
  observe(observe: Observe): () => void {
    return this.#observers.add(observe);
  }

  /** What was sent and what came back since the bridge was made. */
  stats(): BridgeStats {
    return { ...this.#requester.stats(), refusedReplies: this.#refusedReplies };
  }

  /** The rate limits, the most specific first, and what each has done since the bridge was made. */
  rateLimits(): readonly RateLimitUse[] {
    return this.#rateLimits.use();
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

  /**
   * Whether anybody takes calls now, also without the SDK, in one operation at least; undefined while there is no
   * connection.
   */
  isAnybodyThere(): Promise<boolean> | undefined {
    return this.connection.current === undefined
      ? undefined
      : this.#presence.isAnybodyThere(presenceQuestions(this.config));
  }

  /** The answer that stands in the record of an idempotency key, whoever waited for it; undefined without one. */
  async findAnswer(merchantId: string, key: string): Promise<BridgeResponse | undefined> {
    if (!this.config.jetstream_enabled) return undefined;
    await this.prepare();
    return (await this.ledger.find(merchantId, key))?.answer;
  }

  /**
   * Connects, and makes streams and consumers if they are missing. Called by the first operation.
   *
   * @throws DurabilityUnmetError, RestoreUnfinishedError, StandbyError where people have to act first; NotConnectedError
   *   when no server answers; another BridgeError otherwise
   */
  async prepare(): Promise<void> {
    if (!this.config.jetstream_enabled) return;
    this.#topology ??= this.#becomeReady();
    await this.#topology;
  }

  async #becomeReady(): Promise<void> {
    try {
      await this.#makeReady();
      this.lateAnswers.begin();
      this.#prepared = 'yes';
    } catch (cause: unknown) {
      this.#topology = undefined; // the next call tries again
      const error = prepareErrorOf(cause);
      this.#prepared = error;
      throw error;
    }
  }

  async #makeReady(): Promise<void> {
    const changes = await applyTopology(this.connection, topologyOf(this.config)).catch(
      async (cause: unknown) => {
        if (!(cause instanceof TopologyError)) throw cause;
        if (await isRestoreUnfinished(this.connection)) throw new RestoreUnfinishedError({ cause });
        const archive = archiveNameOf(this.config);
        const primary = await copiedHere(this.connection, archive);
        throw primary === undefined ? cause : new StandbyError(primary, archive, { cause });
      },
    );
    this.#stopWatching ??= watchOverlaps(this.connection, {
      stream: this.config.jetstream.stream_name,
      onOverlap: (overlap) => this.#report({ type: 'overlapping_consumers', overlap }),
    });
    await this.#requireDurability();
    for (const conflict of changes.filter(({ action }) => action === 'conflict'))
      this.#report({ type: 'topology_conflict', conflict });
  }

  async #requireDurability(): Promise<void> {
    const least = this.config.durability;
    if (least === undefined) return;
    const durability = await this.durability();
    if (isAtLeast(durability.survives, least)) return;
    if (durability.isKnown) throw new DurabilityUnmetError(least, durability);
    throw new BridgeError(
      'STORE_REFUSED',
      `whether nats_bridge.durability = "${least}" holds is not known: ${durability.because}`,
    );
  }

  /** What an acknowledged request survives, by what the broker says of itself now. */
  async durability(): Promise<Durability> {
    const { jetstream_enabled, jetstream, monitor_url } = this.config;
    if (!jetstream_enabled)
      return { survives: 'nothing', because: 'jetstream_enabled = false', isKnown: true };
    return readDurability(this.connection, jetstream.stream_name, monitor_url);
  }

  /**
   * Whether a call would be carried now: NATS answers, and streams and consumers were made ready once. Until they are,
   * each question has it tried again, and is answered with why the last try failed.
   */
  async health(): Promise<{ readonly isReady: boolean; readonly detail: string }> {
    try {
      await this.connection.get();
      const before = this.#prepared;
      const prepared = this.prepare();
      if (before instanceof Error) {
        prepared.catch(() => {}); // it is what the next question is answered with
        return { isReady: false, detail: before.message };
      }
      await prepared;
      const rtt = await this.connection.rttMs();
      return {
        isReady: true,
        detail: `${this.connection.servers.join(', ')}, round trip ${rtt.toFixed(1)} ms`,
      };
    } catch (error) {
      return { isReady: false, detail: (error as Error).message };
    }
  }

  /** Calls in flight. */
  get inFlight(): number {
    return this.#inFlight.count;
  }

  /** Refuses new calls, lets none wait any longer than it takes to say "unknown", and closes the connection. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#requester.close();
    this.#stopListening();
    this.#stopSharing();
    this.#stopWatching?.();
    // Those that waited end in doubt: what can be settled, and is to be remembered, needs the ledger and the notes.
    const end = Date.now() + LAST_WRITES_MS;
    while (this.#inFlight.count > 0 && Date.now() < end) await sleep(5);
    this.#workStream.close();
    this.lateAnswers.close();
    this.ledger.close();
    if (this.#ownsConnection) await this.connection.close();
    await this.tracing?.close();
  }

  #exchange(
    call: { operation: Operation; data: RouterData; correlationId: string },
    options: CallOptions,
    trace: TraceParent | undefined,
    marks: CallMarks,
  ): Exchange {
    if (this.#closing) throw new BridgeError('SHUTTING_DOWN');
    const row = operationRow(call.operation);
    const key = idempotencyKey(call.operation, call.data);
    if (row.movesMoney && key === undefined)
      throw new ValidationError(
        `${call.operation} moves money and names no attempt, refund or payout: without one a repeat could not be told from a second payment`,
      );
    return {
      operation: call.operation,
      row,
      data: call.data,
      key,
      correlationId: call.correlationId,
      deadlineAt: options.deadlineAt ?? Number.POSITIVE_INFINITY,
      waitUntil: undefined,
      isDurable: this.config.jetstream_enabled && row.channel === 'payments',
      pool: poolOf(this.config, call.data.merchant_id),
      workers: 'nobody',
      consumers: undefined,
      signal: options.signal,
      turnedAway: options.turnedAway,
      isForWorkersAlone: options.isForWorkersAlone,
      trace,
      marks,
    };
  }
}

function unrecorded(cause: unknown): Error {
  return new Error('an answer was not recorded', { cause });
}

function prepareErrorOf(cause: unknown): Error {
  if (cause instanceof MessagingError || cause instanceof BridgeError) return cause;
  // It says what to do itself.
  if (cause instanceof TopologyError) return new BridgeError('STORE_REFUSED', cause.message, { cause });
  const why = cause instanceof Error ? cause.message : String(cause);
  const message = `Streams could not be made ready: ${why}. Is JetStream enabled, and may the bridge use it?`;
  return new BridgeError('STORE_REFUSED', message, { cause });
}

for (const { operation } of OPERATIONS) {
  const name = operation.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  Object.defineProperty(NatsBridge.prototype, name, {
    async value(this: NatsBridge, data: RouterData, options?: CallOptions) {
      checkRouterData(operation, data);
      return this.execute(operation, data, options);
    },
  });
}
