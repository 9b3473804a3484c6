/** The way of an exchange: the policies around a call, in the order in which they stand here, and NATS at its end. */
import {
  type Connection,
  type Presence,
  type Reply,
  ReplyTimeoutError,
  RequestCancelledError,
  type Requester,
  type RequestMessage,
  type StoredMessage,
  serverFeatures,
  storedMessage,
  type WorkersFound,
  type WorkStream,
} from '@nats-bridge/messaging';
import {
  BridgeError,
  type BridgeErrorCode,
  type BridgeResponse,
  decodeHeaderValue,
  HEADER,
  stateOf,
  subjectFor,
  webhookPattern,
} from '@nats-bridge/protocol';
import type { Tracing } from '@nats-bridge/tracing';
import { bridgeErrorOf } from './bridge-error-of.js';
import { type BridgeConfig, subjectTemplateOf, timeoutOf } from './config/bridge-config.js';
import { compose, type Exchange, mayBeGuarded, type Send } from './exchange.js';
import type { LateAnswers } from './late-answers/late-answers.js';
import { isConflict, isRefusal, readAnswer } from './ledger/answer.js';
import { createIsWaiting } from './ledger/is-waiting.js';
import type { Ledger, LedgerEntry } from './ledger/ledger.js';
import { conflict, outcomeOfEntry } from './ledger/outcome-of-entry.js';
import { createWithdrawUnsent } from './ledger/withdraw-unsent.js';
import { messageOf } from './message.js';
import { answerFromLedger } from './policies/answer-from-ledger.js';
import { type Breakers, circuitBreaker } from './policies/circuit-breaker.js';
import { deadline } from './policies/deadline.js';
import { joinConcurrent } from './policies/join-concurrent.js';
import { keepRecord } from './policies/keep-record.js';
import { type InFlight, limitInFlight } from './policies/limit-in-flight.js';
import { limitRate } from './policies/limit-rate.js';
import { mindEarlierCall } from './policies/mind-earlier-call.js';
import { mindWaitingRequest } from './policies/mind-waiting-request.js';
import { rememberDoubt } from './policies/remember-doubt.js';
import { requireWorker } from './policies/require-worker.js';
import { resolveAliases } from './policies/resolve-aliases.js';
import { retry } from './policies/retry.js';
import { retryAfterTimeout } from './policies/retry-after-timeout.js';
import { settleDoubt } from './policies/settle-doubt.js';
import { findWorkersIn } from './presence/find-workers.js';
import { presenceQuestion } from './presence/presence-question.js';
import type { RateLimits } from './rate-limits/rate-limits.js';
import { createRepeatUntil } from './repeat-until.js';
import { RestoreUnfinishedError } from './restore-unfinished-error.js';
import { poolsFor, poolsOfMerchant } from './route.js';
import type { BridgeSealing } from './sealing/bridge-sealing.js';
import { StandbyError } from './standby/standby-error.js';
import { consumerNameOf } from './topology.js';
import { publishSpan } from './tracing/trace-call.js';

const PLAIN_SUBSCRIBERS: WorkersFound = { workers: 'subscribers', consumers: Promise.resolve(undefined) };

export type SendWorld = {
  readonly config: BridgeConfig;
  readonly connection: Connection;
  readonly requester: Requester;
  readonly presence: Presence;
  readonly workStream: WorkStream;
  readonly ledger: Ledger;
  readonly lateAnswers: LateAnswers;
  readonly sealing: BridgeSealing;
  readonly tracing: Tracing | undefined;
  readonly inFlight: InFlight;
  readonly rateLimits: RateLimits;
  readonly breakers: Breakers;
  /** Names this instance in the subjects on which it awaits answers. */
  readonly instance: string;
  /** Streams and consumers are there when it resolves. */
  prepare(): Promise<void>;
  findAnswer(merchantId: string, key: string): Promise<BridgeResponse | undefined>;
  onUnrecorded(error: unknown, exchange: Exchange): void;
  isClosing(): boolean;
  /** Told of each further try. */
  onRetry(exchange: Exchange, code: BridgeErrorCode): void;
};

export function createSend(world: SendWorld): Send {
  const { config, connection, requester, presence, workStream, ledger, lateAnswers } = world;
  const { sealing, inFlight, breakers } = world;
  const { max_in_flight, max_retries, circuit_breaker } = config;
  let asked: Connection['current'];
  let expires = false;
  const repeatUntil = createRepeatUntil(config);
  const withdrawUnsent = createWithdrawUnsent(connection, config, ledger);
  const isWaiting = createIsWaiting(connection, config);
  const records = {
    withdrawUnsent,
    isWaiting,
    ledger,
    bridge: config.connection_name,
    takeBack,
    isGuarded,
    onUnrecorded: world.onUnrecorded,
    isClosing: world.isClosing,
  };

  const minding = [rememberDoubt(lateAnswers), mindEarlierCall({ ...records, isRestoring })];
  const published = publishSpan(({ operation, pool, row }) =>
    row.channel === 'webhooks' ? webhookPattern(pool) : subjectTemplateOf(config, operation, pool),
  );

  return compose(
    [
      joinConcurrent({ ...records, remember: lateAnswers.remember }),
      limitInFlight(inFlight, max_in_flight, minding),
      ...minding,
      deadline((operation) => timeoutOf(config, operation)),
      mindWaitingRequest(records),
      answerFromLedger({ find: ledger.find, findCaptureMethod, withdrawUnsent }),
      limitRate(world.rateLimits),
      resolveAliases(world.findAnswer),
      requireWorker(findWorkers),
      circuitBreaker(breakers, { failures: circuit_breaker.failures, openMs: circuit_breaker.open_ms }),
      settleDoubt(records),
      keepRecord(records),
      retryAfterTimeout(repeatUntil, undefined, world.onRetry),
      retry(max_retries, undefined, world.onRetry),
    ],
    world.tracing === undefined ? publishAndAwait : tracedPublish,
  );

  async function findCaptureMethod(merchantId: string, key: string): Promise<unknown> {
    return (await lateAnswers.findNote(merchantId, key))?.request.capture_method;
  }

  /** Asked before anything is sent: what was sent to one pool never goes to another. */
  async function findWorkers({ operation, data, isDurable, pool }: Exchange) {
    // Core requests are refused by the server itself when nobody listens.
    if (!isDurable) return { ...PLAIN_SUBSCRIBERS, pool };
    await refuseWhileRestoring(); // before anything is recorded
    return findWorkersIn(poolsFor(config, operation, data), (pool) =>
      presence.whoIsThere(presenceQuestion(config, operation, pool, data.merchant_id)),
    );
  }

  /** What else keeps streams from being ready is tried again when it is sent. */
  async function refuseWhileRestoring(): Promise<void> {
    await world.prepare().catch((error: unknown) => {
      if (error instanceof RestoreUnfinishedError || error instanceof StandbyError) throw error;
    });
  }

  function isRestoring(): Promise<boolean> {
    return refuseWhileRestoring().then(
      () => false,
      () => true,
    );
  }

  async function isGuarded({ operation, pool, data }: Exchange): Promise<boolean> {
    const { workers } = await presence.whoIsThere(
      presenceQuestion(config, operation, pool, data.merchant_id),
    );
    return workers === 'guarded';
  }

  async function takeBack(exchange: Exchange, { cause }: BridgeError): Promise<boolean> {
    const { operation, data, workers, pool } = exchange;
    if (workers === 'subscribers') return false; // they heard it as it passed
    const seq =
      cause instanceof ReplyTimeoutError || cause instanceof RequestCancelledError
        ? cause.streamSeq
        : undefined;
    // Not asked where all workers kept records: they read the bridge's own, which stay.
    const consumers = workers === 'guarded' ? [] : await exchange.consumers;
    if (seq === undefined || consumers === undefined) return false;
    const subject = subjectFor(subjectTemplateOf(config, operation, pool), data.merchant_id);
    // A repeat may be stored for another pool, by the call before it: who reads there was not looked at.
    const isElsewhere = async () =>
      (await storedMessage(connection, config.jetstream.stream_name, seq))?.subject !== subject;
    if (poolsOfMerchant(config, data.merchant_id).length > 1 && (await isElsewhere())) return false;
    return workStream.takeBack(subject, seq, consumers);
  }

  /** The span ends when the stream has the request, or when it is certain that it will not be known. */
  async function tracedPublish(exchange: Exchange): Promise<BridgeResponse> {
    const span = world.tracing?.begin(published, exchange, exchange.trace);
    const traced = { ...exchange, trace: span };
    try {
      const answer = await publishAndAwait(traced, ({ seq }) => {
        span?.end(undefined, { 'nats_bridge.stream_sequence': seq });
      });
      span?.end();
      return answer;
    } catch (thrown) {
      span?.end(bridgeErrorOf(thrown).code);
      throw thrown;
    }
  }

  async function publishAndAwait(
    exchange: Exchange,
    stored?: (message: StoredMessage) => void,
  ): Promise<BridgeResponse> {
    const { marks } = exchange;
    if (!exchange.isDurable) {
      const message = sealedMessageOf(exchange, false);
      marks.sentAt ??= performance.now();
      marks.sentTo = exchange.pool;
      const reply = await requester.requestCore(message);
      marks.repliedAt = performance.now();
      return answerIn(exchange, message, reply);
    }
    await world.prepare();
    const { operation, pool } = exchange;
    if (mayBeGuarded(exchange)) workStream.used(consumerNameOf(config, operation, pool));
    return requestOnce(exchange, sealedMessageOf(exchange, mayExpire()), stored);
  }

  function sealedMessageOf(exchange: Exchange, expires: boolean): RequestMessage {
    const message = messageOf(exchange, config, expires, world.instance, repeatUntil(exchange));
    return sealing.sealRequest(exchange.data.merchant_id, message);
  }

  function answerIn({ data, key }: Exchange, request: RequestMessage, reply: Reply): BridgeResponse {
    const isRecord = reply.via === 'durable' && key !== undefined;
    const answered = decodeHeaderValue(reply.headers[HEADER.correlationId] ?? '') || request.correlationId;
    return readAnswer(
      sealing.openAnswer(data.merchant_id, keyIn(request), reply, isRecord ? undefined : answered),
    );
  }

  /**
   * A request the stream had already is not delivered again: when it was answered before, nobody publishes the
   * answer once more, and it is read from its record.
   */
  function requestOnce(
    exchange: Exchange,
    message: RequestMessage,
    stored?: (message: StoredMessage) => void,
  ): Promise<BridgeResponse> {
    const { key, data, marks } = exchange;
    marks.sentAt ??= performance.now();
    marks.sentTo = exchange.pool;
    return new Promise((resolve, reject) => {
      let isRepeat = false;
      const onStored = (message: StoredMessage) => {
        const { duplicate } = message;
        marks.storedAt ??= performance.now();
        stored?.(message);
        isRepeat = duplicate;
        if (!duplicate || key === undefined) return;
        ledger
          .find(data.merchant_id, key)
          .then(
            (entry) => {
              const answer = entry && outcomeOfEntry(entry, exchange);
              if (answer !== undefined) resolve(answer);
            },
            // Without an answer, or when it cannot be read, the wait goes on.
            () => {},
          )
          .catch(reject);
      };
      requester
        .requestDurable({ onStored, ...message })
        .then(async (reply) => {
          marks.repliedAt = performance.now();
          if (!mayBeGuarded(exchange) && reply.streamSeq !== undefined) workStream.settled(reply.streamSeq);
          if (stateOf(reply.headers) === 'withdrawn') {
            sealing.openWithdrawal(data.merchant_id, keyIn(message), reply.headers);
            throw new BridgeError('NO_WORKERS_AVAILABLE');
          }
          const answer = answerIn(exchange, message, reply);
          if (isConflict(reply, answer)) throw conflict(key ?? '');
          const isRefused = isRefusal(reply);
          if (key === undefined || !(isRepeat || isRefused)) return answer;
          // The first request of the key may have asked for something else, and an earlier delivery may have begun.
          const entry = await ledger.findLatest(data.merchant_id, key);
          const recorded = entry && outcomeOfEntry(entry, exchange);
          if (isRefused && mayHaveBegun(entry, reply))
            throw new BridgeError('INVALID_WORKER_REPLY', 'A worker refused what another had begun');
          return recorded ?? answer;
        })
        .then(resolve, reject);
    });
  }

  /** Whether the stream lets go of messages by themselves, at the time their header says. */
  function mayExpire(): boolean {
    const nats = connection.current;
    if (nats !== undefined && nats !== asked) {
      asked = nats;
      expires = serverFeatures(nats.info?.version ?? '').perMessageTtl;
    }
    return expires;
  }
}

/** Before the delivery that a worker refused. Who keeps no records may have begun whenever there was one before. */
function mayHaveBegun(entry: LedgerEntry | undefined, { deliveryCount = 1 }: Reply): boolean {
  const state = entry?.record.state;
  return state === 'claimed' || (state === 'sent' && deliveryCount > 1);
}

/** Of a question, which has no record, it is made of its correlation id. */
function keyIn({ headers }: RequestMessage): string {
  return decodeHeaderValue(headers[HEADER.idempotencyKey] ?? '');
}
