/** What a bridge is made of: each part with what it needs of the others, and the order in which they are closed. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Connection,
  createBodyReferences,
  createPresence,
  createWorkStream,
  type Presence,
  type RequesterStats,
} from '@nats-bridge/messaging';
import { BODY_BUCKET, type BridgeResponse, LATE_STREAM, LIMIT_PATTERN } from '@nats-bridge/protocol';
import type { Tracing } from '@nats-bridge/tracing';
import type { Report } from './bridge-event.js';
import { type BeginCall, createBeginCall } from './call/begin-call.js';
import { createBridgeRequester } from './call/bridge-requester.js';
import type { Send } from './call/exchange.js';
import { type CallIds, createObservers, idsOf, type Observers } from './call/observation.js';
import { createSend } from './call/send.js';
import type { BridgeConfig } from './config/bridge-config.js';
import { sealingConfigOf } from './config/sealing-config.js';
import { signingConfigOf } from './config/signing-config.js';
import { hearReplies } from './late-answers/hear-replies.js';
import { createLateAnswers, type LateAnswers } from './late-answers/late-answers.js';
import { createLedger, type Ledger } from './ledger/ledger.js';
import { createBreakers, probeNow } from './policies/circuit-breaker.js';
import type { InFlight } from './policies/limit-in-flight.js';
import { createRateLimits, type RateLimits } from './rate-limits/rate-limits.js';
import { shareTakes } from './rate-limits/share-takes.js';
import { type BridgeSealing, createBridgeSealing } from './sealing/bridge-sealing.js';
import { withSigning } from './signing/bridge-signing.js';
import { archiveNameOf, mayDeliver } from './topology.js';

export type BridgeStats = RequesterStats & {
  /** Answers that were not taken because nobody who may has signed them, each time that one was read. */
  readonly refusedReplies: number;
};

export type BridgeParts = {
  readonly begin: BeginCall;
  readonly send: Send;
  readonly ledger: Ledger;
  readonly lateAnswers: LateAnswers;
  readonly sealing: BridgeSealing;
  readonly presence: Presence;
  readonly rateLimits: RateLimits;
  readonly observers: Observers;
  readonly inFlight: Readonly<InFlight>;
  findAnswer(merchantId: string, key: string): Promise<BridgeResponse | undefined>;
  stats(): BridgeStats;
  /** Takes no more replies, lets calls that waited write down what is known of them, and closes all but the connection. */
  close(): Promise<void>;
};

export type BridgePartsWorld = {
  readonly config: BridgeConfig;
  readonly connection: Connection;
  readonly tracing: Tracing | undefined;
  readonly report: Report;
  /** Streams and consumers are there when it resolves. */
  prepare(): Promise<void>;
};

/** How long calls that are cut off may take to write down what is known of them. */
const LAST_WRITES_MS = 2_000;
const UNRECORDED = 'an answer was not recorded';

export function createBridgeParts(world: BridgePartsWorld): BridgeParts {
  const { config, connection, tracing, report, prepare } = world;
  const { jetstream_enabled: isDurable, jetstream } = config;
  const stream = jetstream.stream_name;
  const archive = archiveNameOf(config);
  const bodies = createBodyReferences(connection, { bucket: BODY_BUCKET });
  /** Two bridges never hear each other's answers. */
  const instance = randomUUID();
  const observers = createObservers();
  const inFlight: InFlight = { count: 0 };
  let isClosing = false;
  let refusedReplies = 0;
  const failing = (what: string, subject: string, ids?: CallIds) => (cause: unknown) =>
    report({ type: 'error', error: new Error(what, { cause }), subject, ...(ids && { ids }) });

  // What is written and read: sealed and signed on its way.
  const sealing = withSigning(
    createBridgeSealing(sealingConfigOf(config.sealing)),
    signingConfigOf(config.signing),
    (refused) => {
      refusedReplies++;
      report({ type: 'refused_reply', ...refused });
    },
  );
  const ledger = createLedger(connection, bodies, sealing);

  // Where answers arrive, and what becomes of those that no call waits for.
  const requester = createBridgeRequester({ config, connection, bodies, instance, report });
  const lateAnswers = createLateAnswers({
    connection,
    ledger,
    sealing,
    isDurable,
    listen: () => requester.ready(),
    onError: failing('late answers', LATE_STREAM),
  });
  hearReplies(requester, {
    connection,
    ledger,
    lateAnswers,
    sealing,
    stream,
    archive,
    mayDeliver: mayDeliver(config),
    report,
    isClosing: () => isClosing,
    onUnrecorded: failing(UNRECORDED, stream),
  });

  // What decides whether a request is sent, and to whom.
  const presence = createPresence(connection, { stream });
  const rateLimits = createRateLimits(config.rate_limits);
  const stopSharing = shareTakes(connection, rateLimits, {
    instance,
    onError: failing('rate limits of other bridges', LIMIT_PATTERN),
  });
  const breakers = createBreakers((route, state) =>
    observers.tell({ type: 'breaker_changed', ...route, state }),
  );
  const stopListening = connection.onState(({ state }) => {
    if (state === 'connected') probeNow(breakers, Date.now());
  });

  const workStream = createWorkStream(connection, {
    stream,
    archive,
    onError: (error) => report({ type: 'error', error, subject: stream }),
  });

  async function findAnswer(merchantId: string, key: string): Promise<BridgeResponse | undefined> {
    if (!isDurable) return undefined;
    await prepare();
    return (await ledger.find(merchantId, key))?.answer;
  }

  const send = createSend({
    config,
    connection,
    instance,
    requester,
    presence,
    workStream,
    ledger,
    lateAnswers,
    sealing,
    tracing,
    inFlight,
    rateLimits,
    breakers,
    prepare,
    findAnswer,
    isClosing: () => isClosing,
    onRetry: (exchange, code) => {
      const { operation, data } = exchange;
      const ids = idsOf(exchange);
      observers.tell({ type: 'call_retried', operation, connector: data.connector, code, ids });
    },
    onUnrecorded: (cause, exchange) => failing(UNRECORDED, exchange.operation, idsOf(exchange))(cause),
  });

  return {
    begin: createBeginCall({ config, tracing, tell: observers.tell }),
    send,
    ledger,
    lateAnswers,
    sealing,
    presence,
    rateLimits,
    observers,
    inFlight,
    findAnswer,
    stats: () => ({ ...requester.stats(), refusedReplies }),
    async close() {
      isClosing = true;
      requester.close();
      stopListening();
      stopSharing();
      // Those that waited end in doubt: what can be settled, and is to be remembered, needs the ledger and the notes.
      const end = Date.now() + LAST_WRITES_MS;
      while (inFlight.count > 0 && Date.now() < end) await sleep(5);
      workStream.close();
      lateAnswers.close();
      ledger.close();
    },
  };
}
