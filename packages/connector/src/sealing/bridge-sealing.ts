/** What a bridge seals and opens; without keys, everything passes as it is. Signatures come around it: ../signing. */
import { createSealer, type RequestMessage, SealBrokenError } from '@nats-bridge/messaging';
import {
  encodeHeaderValue,
  HEADER,
  type Headers,
  invalidReply,
  isSealed,
  replyContext,
  requestContext,
  SEALED_TYPE,
  saysRefusal,
  ValidationError,
} from '@nats-bridge/protocol';
import { keysOfMerchant } from '../config/keys-of-merchant.js';
import type { SealingConfig } from '../config/sealing-config.js';
import type { EncodedAnswer } from '../ledger/answer.js';

/** A request as bytes, wherever it is: about to be sent, or kept in a stream. */
export type SealableRequest = Pick<RequestMessage, 'subject' | 'body' | 'headers'>;

export type BridgeSealing = {
  /** For the workers of its merchant, and for the bridges, which may have to send it again. */
  sealRequest<T extends SealableRequest>(merchantId: string, request: T): T;
  /** @throws ValidationError when it does not open, or should have been sealed */
  openRequest<T extends SealableRequest>(request: T): T;
  /** An answer that a bridge itself records: for the bridges alone. */
  sealAnswer(merchantId: string, key: string, answer: EncodedAnswer): EncodedAnswer;
  /**
   * @param correlationId of the request, for an answer that was not read from the record of its key
   * @throws BridgeError INVALID_WORKER_REPLY when it does not open, or should have been sealed
   */
  openAnswer(merchantId: string, key: string, answer: EncodedAnswer, correlationId?: string): EncodedAnswer;
  /** Headers of a record that says that nobody began, and nobody may any more. */
  sealWithdrawal(merchantId: string, key: string): Headers;
  /** @throws BridgeError INVALID_WORKER_REPLY when nobody who may has said so */
  openWithdrawal(merchantId: string, key: string, headers: Headers): void;
};

export const NO_SEALING: BridgeSealing = {
  sealRequest: (_, request) => request,
  openRequest(request) {
    if (isSealed(request.headers))
      throw new ValidationError('the request is sealed, and no key is configured: see nats_bridge.sealing');
    return request;
  },
  sealAnswer: (_merchantId, _key, answer) => answer,
  openAnswer(_merchantId, _key, answer) {
    if (isSealed(answer.headers))
      throw invalidReply(
        new ValidationError('it is sealed, and no key is configured: see nats_bridge.sealing'),
      );
    return answer;
  },
  // It has no body: only a signature says whose it is.
  sealWithdrawal: () => ({}),
  openWithdrawal() {},
};

/** @throws TypeError when a key is none */
export function createBridgeSealing(config: SealingConfig | undefined): BridgeSealing {
  if (config === undefined) return NO_SEALING;
  const sealer = createSealer({ seeds: config.seeds });
  const bridges = sealer.publicKeys;
  const workersOf = (merchantId: string) => keysOfMerchant(config, merchantId);

  return {
    ...NO_SEALING,
    sealRequest(merchantId, request) {
      const context = requestContext(request.subject, request.headers);
      const type = request.headers[HEADER.contentType] ?? 'application/json';
      return {
        ...request,
        body: sealer.seal(request.body, type, context, [...workersOf(merchantId), ...bridges]),
        headers: { ...request.headers, [HEADER.contentType]: SEALED_TYPE },
      };
    },
    openRequest(request) {
      if (!isSealed(request.headers)) {
        if (!config.required) return request;
        throw new ValidationError('the request is in clear, and nats_bridge.sealing.required is true');
      }
      try {
        const context = requestContext(request.subject, request.headers);
        const { body, contentType } = sealer.open(request.body, context, bridges);
        return { ...request, body, headers: { ...request.headers, [HEADER.contentType]: contentType } };
      } catch (error) {
        if (error instanceof SealBrokenError)
          throw new ValidationError(`the sealed request does not open: ${error.message}`);
        throw error;
      }
    },
    sealAnswer(merchantId, key, { body, headers }) {
      const type = headers[HEADER.contentType] ?? 'application/json';
      return {
        body: sealer.seal(body, type, contextOf(merchantId, key), bridges),
        headers: { ...headers, [HEADER.contentType]: SEALED_TYPE },
      };
    },
    openAnswer(merchantId, key, answer, correlationId) {
      if (!isSealed(answer.headers)) {
        if (!config.required) return answer;
        throw invalidReply(new ValidationError('it is in clear, and nats_bridge.sealing.required is true'));
      }
      try {
        const senders = [...workersOf(merchantId), ...bridges];
        const isRefusal = correlationId !== undefined && saysRefusal(answer.headers);
        const opened = sealer.open(answer.body, contextOf(merchantId, key, isRefusal), senders);
        const { body, contentType, from, isOwnAlone } = opened;
        if (bridges.includes(from) && !isOwnAlone)
          throw new SealBrokenError(
            'it is in the name of a bridge, under a data key that was not for bridges alone: a worker can have made it',
          );
        return { body, headers: { ...answer.headers, [HEADER.contentType]: contentType } };
      } catch (error) {
        if (error instanceof SealBrokenError)
          throw invalidReply(new ValidationError(`it does not open: ${error.message}`));
        throw error;
      }
    },
  };
}

function contextOf(merchantId: string, key: string, isRefusal = false): string {
  return replyContext(encodeHeaderValue(merchantId), encodeHeaderValue(key), isRefusal);
}

/**
 * A kept request under other headers, such as a later deadline, which its seal is bound to as well.
 * @param change what becomes of the body
 * @throws ValidationError when it does not open
 */
export function sealedAnew(
  sealing: BridgeSealing,
  merchantId: string,
  kept: SealableRequest,
  headers: Headers,
  change: (opened: SealableRequest) => Uint8Array = ({ body }) => body,
): SealableRequest {
  const opened = sealing.openRequest(kept);
  const contentType = opened.headers[HEADER.contentType] ?? 'application/json';
  return sealing.sealRequest(merchantId, {
    subject: kept.subject,
    body: change(opened),
    headers: { ...headers, [HEADER.contentType]: contentType },
  });
}
