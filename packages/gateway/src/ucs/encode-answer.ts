/** The bytes of an answer. What a worker added may be wrong or too large; the answer itself is never lost. */
import {
  type BridgeResponse,
  encodeUcs,
  type UcsAnswer,
  UcsEncodeError,
  ucsResponse,
} from '@nats-bridge/protocol';
import { describeFault, type OnWarning } from '../warning.js';

/** tonic, Hyperswitch's gRPC client, refuses longer messages (docs/hyperswitch.md, How it reads an answer). */
export const MAX_ANSWER_BYTES = 4_194_304;

/** Tried in turn, each on the whole reply, until what remains can be sent. */
const REDUCTIONS: readonly {
  readonly without: string;
  readonly reduce: (reply: BridgeResponse) => BridgeResponse;
}[] = [
  { without: 'raw_connector_response', reduce: withoutRaw },
  {
    without: "the worker's `response` fields",
    reduce: (reply) => ({ ...reply, response: undefined, ucs_response: undefined }),
  },
  { without: 'everything but status, transaction_id and error', reduce: essence },
];

/**
 * Encodes the answer to a call of `method`, leaving out as little as needed and saying so.
 *
 * @throws UcsEncodeError when not even status, id and error can be encoded.
 */
export function encodeAnswer(method: string, answer: UcsAnswer, onWarning: OnWarning): Buffer {
  const whole = tryEncode(answer);
  if (Buffer.isBuffer(whole)) return whole;
  const { outcome } = answer;
  if (outcome.kind !== 'answered') throw whole.fault;

  let fault = whole.fault;
  for (const { without, reduce } of REDUCTIONS) {
    const reduced = tryEncode({ ...answer, outcome: { ...outcome, reply: reduce(outcome.reply) } });
    if (Buffer.isBuffer(reduced)) {
      onWarning(
        `${method}: the worker's reply ${outcome.correlationId} cannot be sent whole: ${reasonOf(whole.fault)}; Hyperswitch was answered without ${without}`,
      );
      return reduced;
    }
    fault = reduced.fault;
  }
  throw fault;
}

function tryEncode(answer: UcsAnswer): Buffer | { readonly fault: unknown } {
  try {
    const bytes = encodeUcs(answer.responseType, ucsResponse(answer));
    if (bytes.byteLength > MAX_ANSWER_BYTES) return { fault: new AnswerTooLarge(bytes.byteLength) };
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  } catch (fault) {
    return { fault };
  }
}

class AnswerTooLarge extends Error {
  constructor(bytes: number) {
    super(`it has ${bytes} bytes and Hyperswitch takes at most ${MAX_ANSWER_BYTES}`);
  }
}

function withoutRaw(reply: BridgeResponse): BridgeResponse {
  const raw = { raw_connector_response: undefined, raw_connector_request: undefined };
  const ucs = reply.ucs_response;
  return {
    ...reply,
    raw_connector_response: undefined,
    connector_response: undefined,
    response: reply.response && { ...reply.response, ...raw },
    ucs_response: ucs && { ...ucs, message: { ...ucs.message, ...raw } },
  };
}

function essence(reply: BridgeResponse): BridgeResponse {
  return {
    status: reply.status,
    transaction_id: reply.transaction_id,
    error: reply.error,
    connector_response: undefined,
    connector_metadata: undefined,
  };
}

/** The codec's errors and ours name fields and sizes, never values; others may quote them. */
export function reasonOf(fault: unknown): string {
  return fault instanceof UcsEncodeError || fault instanceof AnswerTooLarge
    ? fault.message
    : describeFault(fault);
}
