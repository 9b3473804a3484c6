/** NatsBridge: every Hyperswitch payment trait as a method, carried over NATS to a worker and back. */
import { randomUUID } from 'node:crypto';
import {
  applyTopology,
  type Connection,
  createBodyReferences,
  createConnection,
  createPresence,
  createRequester,
  type LateReply,
  lastMessage,
  MessagingError,
  type Requester,
  type RequestMessage,
  type StoredMessage,
  type StrayReply,
} from '@nats-bridge/messaging';
import {
  BODY_BUCKET,
  BridgeError,
  type BridgeResponse,
  HEADER,
  idempotencyKey,
  OPERATIONS,
  type Operation,
  type Outcome,
  operationRow,
  outcomeOfError,
  outcomeOfReply,
  presenceSubject,
  RECORD_PATTERN,
  type RouterData,
  recordSubject,
  subjectFor,
  ValidationError,
} from '@nats-bridge/protocol';
import { bridgeErrorOf } from './bridge-error-of.js';
import {
  type BridgeConfig,
  type BridgeConfigInput,
  bridgeConfigSchema,
  subjectTemplateOf,
  timeoutOf,
} from './config/bridge-config.js';
import { loadConfig } from './config/load-config.js';
import { compose, type Exchange, type Send } from './exchange.js';
import { messageOf } from './message.js';
import { joinConcurrent } from './policies/join-concurrent.js';
import { requireWorker } from './policies/require-worker.js';
import { resolveAliases } from './policies/resolve-aliases.js';
import { readRecord, readReply } from './reply.js';
import { RECORD_STREAM, topologyOf } from './topology.js';

export type CallOptions = {
  /** Milliseconds since the epoch; the configured timeout of the operation still bounds it. */
  readonly deadlineAt?: number;
  /** Ends the wait, not the operation: the outcome is then unknown. */
  readonly signal?: AbortSignal;
  /** W3C trace context, handed to the worker. */
  readonly traceparent?: string;
};

export type BridgeEvent =
  /** A reply that named another request; it was not given to anybody. */
  | { readonly type: 'stray_reply'; readonly reply: StrayReply }
  /** An answer to a request whose caller had been told "unknown". */
  | { readonly type: 'late_reply'; readonly reply: LateReply }
  | { readonly type: 'error'; readonly error: Error; readonly subject: string };

export type NatsBridgeOptions = {
  /** A connection to share; without it the bridge makes its own on first use. */
  readonly connection?: Connection;
  readonly onEvent?: (event: BridgeEvent) => void;
};

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
  readonly config: BridgeConfig;
  readonly connection: Connection;
  readonly #ownsConnection: boolean;
  readonly #requester: Requester;
  readonly #send: Send;
  #topology: Promise<unknown> | undefined;
  #closing = false;

  /** @throws ConfigError when a value is not allowed; says which, and what is. */
  constructor(config: BridgeConfigInput = {}, options: NatsBridgeOptions = {}) {
    this.config = loadConfig(
      { nats_bridge: bridgeConfigSchema },
      { values: { nats_bridge: config } },
    ).nats_bridge;
    this.#ownsConnection = options.connection === undefined;
    this.connection = options.connection ?? connectionOf(this.config);
    const { jetstream } = this.config;
    const report = options.onEvent ?? (() => {});
    this.#requester = createRequester(this.connection, {
      ...(this.config.jetstream_enabled && {
        replySubjects: [RECORD_PATTERN],
        ackStream: jetstream.stream_name,
        bodies: createBodyReferences(this.connection, { bucket: BODY_BUCKET }),
      }),
      maxRetries: this.config.max_retries,
      maxInFlight: this.config.max_in_flight,
      correlationHeader: HEADER.correlationId,
      replyToHeader: HEADER.replyTo,
      onError: (error, subject) => report({ type: 'error', error, subject }),
    });
    this.#requester.onStray((reply) => report({ type: 'stray_reply', reply }));
    this.#requester.onLate((reply) => report({ type: 'late_reply', reply }));
    const presence = createPresence(this.connection, { stream: jetstream.stream_name });
    this.#send = compose(
      [
        joinConcurrent(),
        resolveAliases((merchantId, key) => this.findAnswer(merchantId, key)),
        requireWorker(async ({ operation, row, data }) => {
          // Core requests are refused by the server itself when nobody listens.
          if (!this.config.jetstream_enabled || row.channel === 'webhooks') return true;
          const subject = subjectFor(subjectTemplateOf(this.config, operation), data.merchant_id);
          return presence.isAnybodyThere({ alive: presenceSubject(operation), subject });
        }),
      ],
      (exchange) => this.#publishAndAwait(exchange),
    );
  }

  /**
   * Carries an operation to a worker and gives what became of it. Trouble with NATS or the worker is an outcome
   * (`unknown` or `not_sent`), not an exception.
   *
   * @throws ValidationError when the data can never be sent; nothing was.
   */
  async execute(operation: Operation, data: RouterData, options: CallOptions = {}): Promise<Outcome> {
    const correlationId = randomUUID();
    const call = { operation, data, correlationId };
    try {
      const reply = await this.#send(this.#exchange(call, options));
      return outcomeOfReply(call, reply);
    } catch (thrown) {
      const error = bridgeErrorOf(thrown);
      if (error instanceof ValidationError) throw error;
      return outcomeOfError(call, error);
    }
  }

  /** The answer that stands in the record of an idempotency key, whoever waited for it; undefined without one. */
  async findAnswer(merchantId: string, key: string): Promise<BridgeResponse | undefined> {
    if (!this.config.jetstream_enabled) return undefined;
    await this.prepare();
    const record = await lastMessage(this.connection, RECORD_STREAM, recordSubject(merchantId, key));
    return record === undefined ? undefined : readRecord(record);
  }

  /** Connects, and makes streams and consumers if they are missing. Called by the first operation. */
  async prepare(): Promise<void> {
    if (!this.config.jetstream_enabled) return;
    this.#topology ??= applyTopology(this.connection, topologyOf(this.config)).catch((cause: unknown) => {
      this.#topology = undefined; // the next call tries again
      if (cause instanceof MessagingError) throw cause;
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new BridgeError(
        'STORE_REFUSED',
        `Streams could not be made ready: ${why}. Is JetStream enabled?`,
        { cause },
      );
    });
    await this.#topology;
  }

  /** Whether a call would reach NATS now. */
  async health(): Promise<{ readonly connected: boolean; readonly detail: string }> {
    try {
      await this.connection.get();
      const rtt = await this.connection.rttMs();
      return {
        connected: true,
        detail: `${this.connection.servers.join(', ')}, round trip ${rtt.toFixed(1)} ms`,
      };
    } catch (error) {
      return { connected: false, detail: (error as Error).message };
    }
  }

  /** Calls in flight. */
  get inFlight(): number {
    return this.#requester.inFlight;
  }

  /** Refuses new calls, lets none wait any longer than it takes to say "unknown", and closes the connection. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#requester.close();
    if (this.#ownsConnection) await this.connection.close();
  }

  #exchange(
    call: { operation: Operation; data: RouterData; correlationId: string },
    options: CallOptions,
  ): Exchange {
    if (this.#closing) throw new BridgeError('SHUTTING_DOWN');
    const row = operationRow(call.operation);
    const key = idempotencyKey(call.operation, call.data);
    if (row.movesMoney && key === undefined)
      throw new ValidationError(
        `${call.operation} moves money and names no attempt, refund or payout: without one a repeat could not be told from a second payment`,
      );
    const latest = Date.now() + timeoutOf(this.config, call.operation);
    return {
      ...call,
      row,
      key,
      deadlineAt: Math.min(options.deadlineAt ?? latest, latest),
      signal: options.signal,
      traceparent: options.traceparent,
    };
  }

  async #publishAndAwait(exchange: Exchange): Promise<BridgeResponse> {
    const message = messageOf(exchange, this.config);
    const isDurable = this.config.jetstream_enabled && exchange.row.channel === 'payments';
    if (!isDurable) return readReply(await this.#requester.requestCore(message));
    await this.prepare();
    return this.#requestOnce(exchange, message);
  }

  /**
   * A request the stream had already is not delivered again: when it was answered before, nobody publishes the
   * answer once more, and it is read from its record.
   */
  #requestOnce({ key, data }: Exchange, message: RequestMessage): Promise<BridgeResponse> {
    return new Promise((resolve, reject) => {
      const onStored = ({ duplicate }: StoredMessage) => {
        if (!duplicate || key === undefined) return;
        // Without an answer, or when it cannot be read, the wait goes on.
        this.findAnswer(data.merchant_id, key).then(
          (answer) => answer && resolve(answer),
          () => {},
        );
      };
      this.#requester
        .requestDurable({ ...message, onStored })
        .then(readReply)
        .then(resolve, reject);
    });
  }
}

for (const { operation } of OPERATIONS) {
  const name = operation.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  Object.defineProperty(NatsBridge.prototype, name, {
    value(this: NatsBridge, data: RouterData, options?: CallOptions) {
      return this.execute(operation, data, options);
    },
  });
}

function connectionOf(config: BridgeConfig): Connection {
  const { connection } = config;
  return createConnection({
    servers: config.base_url,
    name: config.connection_name,
    connectTimeoutMs: connection.connect_timeout_ms,
    pingIntervalMs: connection.ping_interval_ms,
    maxReconnects: connection.max_reconnects,
    pendingLimit: connection.reconnect_buffer_size,
  });
}
