/** The end of an exchange's way: its message goes to NATS, and what comes back is read as the answer of a worker. */
import {
  type Connection,
  type Reply,
  type Requester,
  type RequestMessage,
  type StoredMessage,
  serverFeatures,
  type WorkStream,
} from '@nats-bridge/messaging';
import {
  BridgeError,
  type BridgeResponse,
  HEADER,
  headerText,
  isReturn,
  stateOf,
} from '@nats-bridge/protocol';
import type { BridgeConfig } from '../config/bridge-config.js';
import { isConflict, isRefusal, readAnswer } from '../ledger/answer.js';
import type { Ledger, LedgerEntry } from '../ledger/ledger.js';
import { conflict, outcomeOfEntry } from '../ledger/outcome-of-entry.js';
import type { BridgeSealing } from '../sealing/bridge-sealing.js';
import { consumerNameOf } from '../topology.js';
import { type Exchange, mayBeGuarded } from './exchange.js';
import { messageOf } from './message.js';
import type { RepeatUntil } from './repeat-until.js';

export type PublishWorld = {
  readonly config: BridgeConfig;
  readonly connection: Connection;
  readonly requester: Requester;
  readonly workStream: Pick<WorkStream, 'settled' | 'used'>;
  readonly ledger: Pick<Ledger, 'find' | 'findLatest'>;
  readonly sealing: BridgeSealing;
  readonly repeatUntil: RepeatUntil;
  /** Names this instance in the subjects on which it awaits answers. */
  readonly instance: string;
  /** Streams and consumers are there when it resolves. */
  prepare(): Promise<void>;
};

/** @param onStored told when the stream has confirmed it */
export type PublishAndAwait = (
  exchange: Exchange,
  onStored?: (message: StoredMessage) => void,
) => Promise<BridgeResponse>;

export function createPublishAndAwait(world: PublishWorld): PublishAndAwait {
  const { config, connection, requester, workStream, ledger, sealing, repeatUntil } = world;
  let asked: Connection['current'];
  let expires = false;

  /** Whether the stream lets go of messages by themselves, at the time their header says. */
  function mayExpire(): boolean {
    const nats = connection.current;
    if (nats !== undefined && nats !== asked) {
      asked = nats;
      expires = serverFeatures(nats.info?.version ?? '').perMessageTtl;
    }
    return expires;
  }

  function sealedMessageOf(exchange: Exchange, expires: boolean): RequestMessage {
    const message = messageOf(exchange, config, expires, world.instance, repeatUntil(exchange));
    return sealing.sealRequest(exchange.data.merchant_id, message);
  }

  function answerIn({ data, key }: Exchange, request: RequestMessage, reply: Reply): BridgeResponse {
    const isRecord = reply.via === 'durable' && key !== undefined;
    const answered = headerText(reply.headers, HEADER.correlationId) || request.correlationId;
    return readAnswer(
      sealing.openAnswer(data.merchant_id, keyIn(request), reply, isRecord ? undefined : answered),
    );
  }

  async function plainly(exchange: Exchange): Promise<BridgeResponse> {
    const message = sealedMessageOf(exchange, false);
    markSent(exchange);
    const reply = await requester.requestCore(message);
    exchange.marks.repliedAt = performance.now();
    return unlessBack(exchange, reply, answerIn(exchange, message, reply));
  }

  /**
   * A request that the stream had already is not delivered again: when it was answered before, nobody publishes the
   * answer once more, and it is read from its record.
   */
  function durably(
    exchange: Exchange,
    message: RequestMessage,
    told: ((message: StoredMessage) => void) | undefined,
  ): Promise<BridgeResponse> {
    const { marks } = exchange;
    markSent(exchange);
    return new Promise((resolve, reject) => {
      let isRepeat = false;
      const onStored = (stored: StoredMessage) => {
        marks.storedAt ??= performance.now();
        told?.(stored);
        isRepeat = stored.duplicate;
        if (!isRepeat) return;
        // Without an answer the wait goes on.
        firstAnswer(exchange).then((answer) => {
          if (answer !== undefined) resolve(answer);
        }, reject);
      };
      requester
        .requestDurable({ onStored, ...message })
        .then((reply) => answerOf(exchange, message, reply, isRepeat))
        .then(resolve, reject);
    });
  }

  /** @returns undefined also where it cannot be read just now @throws BridgeError of a key used for something else */
  async function firstAnswer(exchange: Exchange): Promise<BridgeResponse | undefined> {
    const { key, data } = exchange;
    if (key === undefined) return undefined;
    const entry = await ledger.find(data.merchant_id, key).catch(() => undefined);
    return entry && outcomeOfEntry(entry, exchange);
  }

  async function answerOf(
    exchange: Exchange,
    message: RequestMessage,
    reply: Reply,
    isRepeat: boolean,
  ): Promise<BridgeResponse> {
    const { key, data, marks } = exchange;
    marks.repliedAt = performance.now();
    if (!mayBeGuarded(exchange) && reply.streamSeq !== undefined) workStream.settled(reply.streamSeq);
    if (stateOf(reply.headers) === 'withdrawn') {
      sealing.openWithdrawal(data.merchant_id, keyIn(message), reply.headers);
      throw new BridgeError('NO_WORKERS_AVAILABLE');
    }
    const answer = answerIn(exchange, message, reply);
    if (isConflict(reply, answer)) throw conflict(key ?? '');
    const isRefused = isRefusal(reply);
    if (reply.via !== 'durable' && !isRefused) marks.isUnrecorded = true;
    if (key === undefined || !(isRepeat || isRefused)) return answer;
    // The first request of the key may have asked for something else, and an earlier delivery may have begun.
    const entry = await ledger.findLatest(data.merchant_id, key);
    const recorded = entry && outcomeOfEntry(entry, exchange);
    if (isRefused && mayHaveBegun(entry, reply))
      throw new BridgeError('INVALID_WORKER_REPLY', 'A worker refused what another had begun');
    if (recorded !== undefined) return recorded;
    return unlessBack(exchange, reply, answer);
  }

  return async (exchange, onStored) => {
    if (!exchange.isDurable) return plainly(exchange);
    await world.prepare();
    const { operation, pool } = exchange;
    if (mayBeGuarded(exchange)) workStream.used(consumerNameOf(config, operation, pool));
    return durably(exchange, sealedMessageOf(exchange, mayExpire()), onStored);
  };
}

function markSent({ marks, pool }: Exchange): void {
  marks.sentAt ??= performance.now();
  marks.sentTo = pool;
}

/** What a worker could not read says nothing of what a customer has done who is back from a redirect. */
function unlessBack({ data, row }: Exchange, reply: Reply, answer: BridgeResponse): BridgeResponse {
  return isRefusal(reply) && isReturn(data) ? { ...answer, attempt_status: row.status.unknown } : answer;
}

/**
 * Before the delivery that a worker refused. Who keeps no records may have begun whenever there was one before, and who
 * hears a request as it passes, before the first: what he refuses himself was delivered to nobody.
 */
function mayHaveBegun(entry: LedgerEntry | undefined, { deliveryCount = 0 }: Reply): boolean {
  const { state, isHeard } = entry?.record ?? {};
  return state === 'claimed' || (state === 'sent' && deliveryCount > (isHeard ? 0 : 1));
}

/** Of a question, which has no record, it is made of its correlation id. */
function keyIn({ headers }: RequestMessage): string {
  return headerText(headers, HEADER.idempotencyKey);
}
