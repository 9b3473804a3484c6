/** What a worker opens and seals: requests from the bridges it trusts, replies for them. Signatures come around it: `signing.ts`. */
import { createSealer, readSeed, SealBrokenError } from '@nats-bridge/messaging';
import {
  HEADER,
  type Headers,
  isSealed,
  replyContext,
  requestContext,
  SEALED_TYPE,
  saysRefusal,
  ValidationError,
} from '@nats-bridge/protocol';

export type SealingOptions = {
  /** Files with the seeds of this pool's curve keys (`SX…`): the first seals, all open. */
  readonly seedFiles: readonly string[];
  /** Public curve keys (`X…`) of the bridges: who may send, and who can read the replies. */
  readonly bridges: readonly string[];
  /** false: requests in clear are taken, too, and answered in clear; for the time of a change. Default true. */
  readonly required?: boolean;
};

type Body = { readonly body: Uint8Array; readonly headers: Headers };

export type Sealing = {
  /**
   * A request as it was before it was sealed.
   * @throws ValidationError when it does not open, or should have been sealed
   */
  open<T extends Body>(subject: string, request: T): T;
  /** A reply that only the bridges can read; in clear to a request in clear. */
  seal<T extends Body>(reply: T, request: Headers, to: ReplyTo): T;
  /** Headers of a record that says that nobody began, and nobody may any more. */
  withdrawal(record: string): Headers;
};

/**
 * Where a reply goes: into the record that the request names, to who waits for this one request, or to somebody of
 * whom nobody knows who he is. What he is told must be of no use as an answer to anybody else's request.
 */
export type ReplyTo = 'record' | 'caller' | 'stranger';

export const NO_SEALING: Sealing = {
  open(_, request) {
    if (isSealed(request.headers))
      throw new ValidationError('the body is sealed, and this worker has no key: give it `sealing`');
    return request;
  },
  seal: (reply) => reply,
  withdrawal: () => ({}),
};

/** @throws TypeError when a key is none, or a seed cannot be read */
export function createSealing({ seedFiles, bridges, required = true }: SealingOptions): Sealing {
  const sealer = createSealer({ seeds: seedFiles.map(readSeed) });
  return {
    ...NO_SEALING,
    open(subject, request) {
      if (!isSealed(request.headers)) {
        if (!required) return request;
        throw new ValidationError('the body is in clear, and this worker takes sealed requests only');
      }
      try {
        const context = requestContext(subject, request.headers);
        const { body, contentType } = sealer.open(request.body, context, bridges);
        return { ...request, body, headers: { ...request.headers, [HEADER.contentType]: contentType } };
      } catch (error) {
        if (error instanceof SealBrokenError)
          throw new ValidationError(`the sealed body does not open: ${error.message}`);
        throw error;
      }
    },
    seal(reply, request) {
      if (!isSealed(request)) return reply;
      const [merchantId = '', key = ''] = [request[HEADER.merchantId], request[HEADER.idempotencyKey]];
      const context = replyContext(merchantId, key, saysRefusal(reply.headers));
      const type = reply.headers[HEADER.contentType] ?? 'application/json';
      return {
        ...reply,
        body: sealer.seal(reply.body, type, context, bridges),
        headers: { ...reply.headers, [HEADER.contentType]: SEALED_TYPE },
      };
    },
  };
}
