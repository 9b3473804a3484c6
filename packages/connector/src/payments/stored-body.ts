/** A stored request or answer as it may be shown: opened, read, and masked unless somebody may see it whole. */
import { createBodyReferences, storedMessage } from '@nats-bridge/messaging';
import {
  BODY_BUCKET,
  decodeMessage,
  type Headers,
  maskAnswer,
  maskRequest,
  parseRecordSubject,
  stateOf,
} from '@nats-bridge/protocol';
import type { NatsBridge } from '../nats-bridge.js';

export type ShownMessage = {
  readonly subject: string;
  readonly at: Date;
  readonly headers: Headers;
  readonly body: unknown;
};

/** @returns undefined when the stream has no such message */
export async function showStored(
  bridge: NatsBridge,
  stream: string,
  seq: number,
  isRaw = false,
): Promise<ShownMessage | undefined> {
  const stored = await storedMessage(bridge.connection, stream, seq);
  if (stored === undefined) return undefined;
  const { subject, headers, storedAt } = stored;
  const shown = { subject, at: storedAt, headers };
  const record = parseRecordSubject(subject);
  const isAnswer = stateOf(headers) === 'answered';
  if (stored.body.length === 0 || (record !== undefined && !isAnswer)) return { ...shown, body: null };
  const bodies = createBodyReferences(bridge.connection, { bucket: BODY_BUCKET });
  const body = await bodies.resolveBody(stored);
  if (record !== undefined) {
    const { merchantId, idempotencyKey } = record;
    const opened = bridge.sealing.openAnswer(merchantId, idempotencyKey, { body, headers });
    const answer = decodeMessage(opened);
    return { ...shown, body: isRaw ? answer : maskAnswer(answer) };
  }
  return { ...shown, body: showRequest(bridge, { subject, body, headers }, isRaw) };
}

/** A request, of a stream or of a letter. @throws ValidationError when it does not open */
export function showRequest(
  { sealing }: Pick<NatsBridge, 'sealing'>,
  request: {
    readonly subject: string;
    readonly body: Uint8Array;
    readonly headers: Headers;
  },
  isRaw: boolean,
): unknown {
  const opened = sealing.openRequest(request);
  const value = decodeMessage(opened);
  return isRaw ? value : maskRequest(value);
}
