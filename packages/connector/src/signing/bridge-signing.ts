/** What a bridge signs, and whose word it takes; around its sealing, so that what is sealed is signed as it travels. */
import { createMessageSigner, SignatureRefusedError } from '@nats-bridge/messaging';
import {
  encodeHeaderValue,
  invalidReply,
  type ReplyPlace,
  recordSubject,
  signedReplyText,
  signedRequestText,
  signedWithdrawalText,
} from '@nats-bridge/protocol';
import { keysOfMerchant } from '../config/keys-of-merchant.js';
import type { SigningConfig } from '../config/signing-config.js';
import type { EncodedAnswer } from '../ledger/answer.js';
import type { BridgeSealing } from '../sealing/bridge-sealing.js';

/** An answer, or a withdrawal, that counts for nothing. */
export type RefusedReply = {
  readonly merchantId: string;
  readonly idempotencyKey: string;
  /** Why; no payment data. */
  readonly reason: string;
};

/**
 * @param onRefused told each time that something is not taken for what it says it is
 * @throws TypeError when a key is none
 */
export function withSigning(
  sealing: BridgeSealing,
  config: SigningConfig | undefined,
  onRefused: (refused: RefusedReply) => void = () => {},
): BridgeSealing {
  if (config === undefined) return sealing;
  const signer = createMessageSigner(config);
  const bridges = signer.publicKeys;
  const trustedFor = (merchantId: string) => [...keysOfMerchant(config, merchantId), ...bridges];

  function signed<T extends Pick<EncodedAnswer, 'headers'>>(text: string, message: T): T {
    return { ...message, headers: { ...message.headers, ...signer.sign(text) } };
  }

  function verify(
    merchantId: string,
    idempotencyKey: string,
    text: string,
    headers: EncodedAnswer['headers'],
  ) {
    try {
      signer.verify(text, headers, trustedFor(merchantId));
    } catch (error) {
      if (!(error instanceof SignatureRefusedError)) throw error;
      onRefused({ merchantId, idempotencyKey, reason: error.message });
      throw invalidReply(error);
    }
  }

  return {
    sealRequest(merchantId, request) {
      const sealed = sealing.sealRequest(merchantId, request);
      return signed(signedRequestText(sealed.subject, sealed), sealed);
    },
    openRequest(request) {
      signer.verify(signedRequestText(request.subject, request), request.headers, bridges);
      return sealing.openRequest(request);
    },
    sealAnswer(merchantId, key, answer) {
      const sealed = sealing.sealAnswer(merchantId, key, answer);
      return signed(replyText(merchantId, key, { record: recordSubject(merchantId, key) }, sealed), sealed);
    },
    openAnswer(merchantId, key, answer, correlationId) {
      const place =
        correlationId === undefined
          ? { record: recordSubject(merchantId, key) }
          : { correlationId: encodeHeaderValue(correlationId) };
      verify(merchantId, key, replyText(merchantId, key, place, answer), answer.headers);
      return sealing.openAnswer(merchantId, key, answer, correlationId);
    },
    sealWithdrawal: (merchantId, key) => signer.sign(signedWithdrawalText(recordSubject(merchantId, key))),
    openWithdrawal(merchantId, key, headers) {
      verify(merchantId, key, signedWithdrawalText(recordSubject(merchantId, key)), headers);
    },
  };
}

/** Whether an answer was refused because nobody who may has said it; otherwise it is one that cannot be read. */
export function isUnproven(error: unknown): boolean {
  return error instanceof Error && error.cause instanceof SignatureRefusedError;
}

function replyText(merchantId: string, key: string, place: ReplyPlace, answer: EncodedAnswer): string {
  return signedReplyText(encodeHeaderValue(merchantId), encodeHeaderValue(key), place, answer);
}
