/** The way of an exchange: the policies around a call, in the order in which they stand here, and NATS at its end. */
import type { Presence, WorkersFound, WorkStream } from '@nats-bridge/messaging';
import { type BridgeErrorCode, type BridgeResponse, webhookPattern } from '@nats-bridge/protocol';
import type { Tracing } from '@nats-bridge/tracing';
import { subjectTemplateOf, timeoutOf } from '../config/bridge-config.js';
import type { LateAnswers } from '../late-answers/late-answers.js';
import { createIsWaiting } from '../ledger/is-waiting.js';
import type { Ledger } from '../ledger/ledger.js';
import { createWithdrawUnsent } from '../ledger/withdraw-unsent.js';
import { answerFromLedger } from '../policies/answer-from-ledger.js';
import { type Breakers, circuitBreaker } from '../policies/circuit-breaker.js';
import { deadline } from '../policies/deadline.js';
import { joinConcurrent } from '../policies/join-concurrent.js';
import { keepRecord } from '../policies/keep-record.js';
import { type InFlight, limitInFlight } from '../policies/limit-in-flight.js';
import { limitRate } from '../policies/limit-rate.js';
import { mindEarlierCall } from '../policies/mind-earlier-call.js';
import { mindWaitingRequest } from '../policies/mind-waiting-request.js';
import { refuseWhileClosing } from '../policies/refuse-while-closing.js';
import { rememberDoubt } from '../policies/remember-doubt.js';
import { requireWorker } from '../policies/require-worker.js';
import { resolveAliases } from '../policies/resolve-aliases.js';
import { retry } from '../policies/retry.js';
import { retryAfterTimeout } from '../policies/retry-after-timeout.js';
import { settleDoubt } from '../policies/settle-doubt.js';
import { RestoreUnfinishedError } from '../preparation/restore-unfinished-error.js';
import { findWorkersIn } from '../presence/find-workers.js';
import { presenceQuestion } from '../presence/presence-question.js';
import type { RateLimits } from '../rate-limits/rate-limits.js';
import { StandbyError } from '../standby/standby-error.js';
import { publishSpan } from '../tracing/trace-call.js';
import { bridgeErrorOf } from './bridge-error-of.js';
import { compose, type Exchange, type Send } from './exchange.js';
import { createPublishAndAwait, type PublishWorld } from './publish-and-await.js';
import { createRepeatUntil } from './repeat-until.js';
import { poolsFor } from './route.js';
import { createTakeBack } from './take-back.js';

const PLAIN_SUBSCRIBERS: WorkersFound = { workers: 'subscribers', consumers: Promise.resolve(undefined) };

export type SendWorld = Omit<PublishWorld, 'repeatUntil' | 'ledger' | 'workStream'> & {
  readonly presence: Presence;
  readonly workStream: WorkStream;
  readonly ledger: Ledger;
  readonly lateAnswers: LateAnswers;
  readonly tracing: Tracing | undefined;
  readonly inFlight: InFlight;
  readonly rateLimits: RateLimits;
  readonly breakers: Breakers;
  findAnswer(merchantId: string, key: string): Promise<BridgeResponse | undefined>;
  onUnrecorded(error: unknown, exchange: Exchange): void;
  isClosing(): boolean;
  /** Told of each further try. */
  onRetry(exchange: Exchange, code: BridgeErrorCode): void;
};

export function createSend(world: SendWorld): Send {
  const { config, connection, presence, ledger, lateAnswers, inFlight, breakers } = world;
  const { max_in_flight, max_retries, circuit_breaker } = config;
  const repeatUntil = createRepeatUntil(config);
  const publishAndAwait = createPublishAndAwait({ ...world, repeatUntil });
  const withdrawUnsent = createWithdrawUnsent(connection, config, ledger);
  const isWaiting = createIsWaiting(connection, config);
  const records = {
    withdrawUnsent,
    isWaiting,
    ledger,
    bridge: config.connection_name,
    ...createTakeBack(world),
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
      refuseWhileClosing(world.isClosing),
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
    const question = presenceQuestion(config, operation, pool, data.merchant_id);
    return (await presence.whoIsThere(question, { isFresh: true })).workers === 'guarded';
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
}
