/** A worker's answer as the kit reads it: leniently, so that each rule finds its own fault and no other's. */
import type { NatsBridge } from '@nats-bridge/connector';
import { type BodyReferences, createBodyReferences } from '@nats-bridge/messaging';
import { BODY_BUCKET, decodeMessage, HEADER, headerText, parseRecordSubject } from '@nats-bridge/protocol';
import type { Answered } from './heard.js';

export type Answer = {
  readonly heard: Answered;
  /** The fields of the body; undefined when it is no object in the encoding it names. */
  readonly fields: Readonly<Record<string, unknown>> | undefined;
  /** Why there are none. */
  readonly unreadable?: string;
};

export type ReadAnswer = (
  heard: Answered,
  of: { readonly merchantId: string; readonly key: string },
) => Promise<Answer>;

export function createReadAnswer({ connection, sealing }: NatsBridge): ReadAnswer {
  const bodies: BodyReferences = createBodyReferences(connection, { bucket: BODY_BUCKET });
  return async (heard, { merchantId, key }) => {
    try {
      const { headers } = heard;
      const whole = { headers, body: await bodies.resolveBody(heard) };
      const isRecord = parseRecordSubject(heard.subject) !== undefined;
      const answered = headerText(headers, HEADER.correlationId);
      const opened = sealing.openAnswer(merchantId, key, whole, isRecord ? undefined : answered);
      const fields = decodeMessage(opened);
      if (typeof fields === 'object' && fields !== null && !Array.isArray(fields))
        return { heard, fields: fields as Record<string, unknown> };
      return { heard, fields: undefined, unreadable: 'it is no object' };
    } catch (error) {
      return { heard, fields: undefined, unreadable: (error as Error).message };
    }
  };
}

export function textIn(answer: Answer | undefined, name: string): string | undefined {
  const value = answer?.fields?.[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
