/** Mends the request of a letter, as a person wants it. */
import {
  decodeMessage,
  encodeBody,
  HEADER,
  mergePatch,
  parseRequest,
  ValidationError,
} from '@nats-bridge/protocol';
import type { SealableRequest } from '../sealing/bridge-sealing.js';
import type { DeadLetter } from './dead-letter.js';
import { letterName } from './letter-name.js';

/**
 * Ids, merchant and operation stay: they are outside of what is patched.
 *
 * @param patch a JSON merge patch (RFC 7386) of the request that is in `router_data`
 * @returns the body, encoded as it was
 * @throws ValidationError when it leaves no request that could be sent
 */
export function patchRequest(
  letter: DeadLetter,
  sent: Pick<SealableRequest, 'body' | 'headers'>,
  patch: unknown,
): Uint8Array {
  const request = parseRequest(decodeMessage(sent));
  const changed = mergePatch(request.router_data.request, patch);
  if (typeof changed !== 'object' || changed === null || Array.isArray(changed))
    throw new ValidationError(
      `the patch of letter ${letterName(letter)} leaves no request; give a JSON object`,
    );
  const edited = { ...request, router_data: { ...request.router_data, request: changed } };
  return encodeBody(
    parseRequest(edited),
    sent.headers[HEADER.contentType]?.includes('msgpack') ? 'application/msgpack' : undefined,
  );
}
