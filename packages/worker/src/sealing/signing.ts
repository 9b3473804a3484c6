/** Whose requests a worker takes, and what it signs: around its sealing, so that what is sealed is signed as it travels. */
import {
  assertPublicSigningKey,
  createMessageSigner,
  type RecordStore,
  readSigningSeed,
  SignatureRefusedError,
} from '@nats-bridge/messaging';
import {
  HEADER,
  signedReplyText,
  signedRequestText,
  signedWithdrawalText,
  stateOf,
} from '@nats-bridge/protocol';
import type { Sealing } from './sealing.js';

export type SigningOptions = {
  /** Files with the seeds of this worker's user keys (`SU…`): the first signs. */
  readonly seedFiles: readonly string[];
  /** Public user keys (`U…`) of the bridges: whose requests are taken. */
  readonly bridges: readonly string[];
  /** false: requests without a signature are taken, too; for the time of a change. Default true. */
  readonly required?: boolean;
};

/** @throws TypeError when a key is none, or a seed cannot be read */
export function withSigning(sealing: Sealing, options: SigningOptions | undefined): Sealing {
  if (options === undefined) return sealing;
  const { seedFiles, bridges, required = true } = options;
  bridges.forEach(assertPublicSigningKey);
  const signer = createMessageSigner({ seeds: seedFiles.map(readSigningSeed), required });
  return {
    open(subject, request) {
      try {
        signer.verify(signedRequestText(subject, request), request.headers, bridges);
      } catch (error) {
        if (!(error instanceof SignatureRefusedError)) throw error;
        throw new SignatureRefusedError(`the request is not taken: ${error.message}`);
      }
      return sealing.open(subject, request);
    },
    seal(reply, request, to) {
      const sealed = sealing.seal(reply, request, to);
      if (to === 'stranger') return sealed;
      const text = (name: string) => request[name] ?? '';
      const place =
        to === 'record'
          ? { record: text(HEADER.replyTo) }
          : { correlationId: sealed.headers[HEADER.correlationId] ?? '' };
      const signed = signedReplyText(text(HEADER.merchantId), text(HEADER.idempotencyKey), place, sealed);
      return { ...sealed, headers: { ...sealed.headers, ...signer.sign(signed) } };
    },
    withdrawal: (record) => signer.sign(signedWithdrawalText(record)),
  };
}

/** Records as a worker writes them: who reads that nobody began must know who said so. */
export function signWithdrawals(records: RecordStore, sealing: Sealing): RecordStore {
  return {
    ...records,
    write: (subject, body, headers, expectedSeq) =>
      records.write(
        subject,
        body,
        stateOf(headers) === 'withdrawn' ? { ...headers, ...sealing.withdrawal(subject) } : headers,
        expectedSeq,
      ),
  };
}
