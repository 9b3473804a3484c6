/**
 * Records what workers without records of their own reply when nobody waits for it: the bridge that asked has ended, or
 * a person has sent the request again. Whose it is says the request itself, where it is kept.
 */
import {
  archivedMessage,
  type Connection,
  type StoredRecord,
  storedMessage,
  type UnclaimedReply,
} from '@nats-bridge/messaging';
import {
  type BridgeResponse,
  HEADER,
  headerText,
  parseRequestHeaders,
  recordSubject,
} from '@nats-bridge/protocol';
import { readReplyCorrelationId } from '../call/reply-correlation.js';
import { encodeAnswer, isRefusal, readAnswer } from '../ledger/answer.js';
import { type RecordAnswerWorld, recordAnswer } from '../ledger/record-answer.js';
import type { BridgeSealing } from '../sealing/bridge-sealing.js';

export type UnclaimedRepliesWorld = RecordAnswerWorld & {
  readonly connection: Connection;
  readonly sealing: Pick<BridgeSealing, 'openAnswer'>;
  /** Of the requests, and the archive that sources it. */
  readonly stream: string;
  readonly archive: string;
  /** Whether a consumer can have delivered a message of this subject. */
  mayDeliver(consumer: string, subject: string): boolean;
};

/**
 * @returns whether it is the reply to an operation that has a record: its worker is then to be acknowledged, for a
 *   redelivery would execute the operation again
 * @throws when the streams cannot be read
 */
export type RecordUnclaimed = (reply: UnclaimedReply) => Promise<boolean>;

export function createRecordUnclaimed(world: UnclaimedRepliesWorld): RecordUnclaimed {
  return async (reply) => {
    const request = await requestOf(reply, world);
    const about = request && operationIn(request);
    if (about === undefined) return false;
    const { merchantId, idempotencyKey, correlationId, paymentId, operation, retry = 0 } = about;
    let response: BridgeResponse;
    try {
      response = readAnswer(world.sealing.openAnswer(merchantId, idempotencyKey, reply, correlationId));
    } catch (error) {
      world.onUnrecorded(error);
      return true;
    }
    // Who says so ends the delivery himself.
    if (isRefusal(reply)) return false;
    const answer = encodeAnswer(response);
    const asked = { operation, paymentId, correlationId, retry };
    await recordAnswer({ merchantId, key: idempotencyKey, answer, request: asked }, world);
    return true;
  };
}

/** The request that was delivered there; undefined when that is not certain. */
async function requestOf(
  { delivery, ...reply }: UnclaimedReply,
  { connection, stream, archive, mayDeliver }: UnclaimedRepliesWorld,
): Promise<StoredRecord | undefined> {
  const { consumer, streamSeq, storedAt } = delivery;
  const named = idsIn(reply);
  const isMeant = ({ subject, headers }: StoredRecord) => {
    const id = headerText(headers, HEADER.correlationId);
    return mayDeliver(consumer, subject) && named.every((one) => one === id);
  };
  const inStream = await storedMessage(connection, stream, streamSeq);
  if (inStream !== undefined)
    return isSameTime(inStream.storedAt.getTime(), storedAt) && isMeant(inStream) ? inStream : undefined;
  // It has left the stream at its deadline. Its copy has another time, so the reply must say what it answers.
  if (named.length === 0) return undefined;
  const inArchive = await archivedMessage(connection, archive, streamSeq);
  return inArchive !== undefined && isMeant(inArchive) ? inArchive : undefined;
}

function idsIn({ body, headers }: Pick<UnclaimedReply, 'body' | 'headers'>): readonly string[] {
  const inHeader = headerText(headers, HEADER.correlationId);
  return [inHeader, readReplyCorrelationId(body, headers)].filter(
    (id) => id !== undefined && id !== '',
  ) as string[];
}

/** The acknowledgement subject has nanoseconds, the message milliseconds. */
function isSameTime(storedAt: number, delivered: number): boolean {
  return Math.abs(storedAt - delivered) <= 1;
}

/** What its headers say; undefined for what has no record, such as a question. */
function operationIn({ headers }: StoredRecord) {
  const { merchantId, idempotencyKey, correlationId, replyTo, ...rest } = parseRequestHeaders(headers);
  if (merchantId === undefined || idempotencyKey === undefined || correlationId === undefined)
    return undefined;
  if (replyTo !== recordSubject(merchantId, idempotencyKey)) return undefined;
  return { ...rest, merchantId, idempotencyKey, correlationId };
}
