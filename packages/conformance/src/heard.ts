/** What is heard of one request after it was sent: answers, records, and what the worker says to the stream. */
import type { Headers, OperationRecord } from '@nats-bridge/protocol';

export type Heard =
  /** A body where an answer may stand. */
  | {
      readonly kind: 'answer';
      /** `reply_to`: the subject that the request named. `respond`: the reply subject of the message itself. */
      readonly via: 'reply_to' | 'respond' | 'elsewhere';
      readonly subject: string;
      readonly body: Uint8Array;
      readonly headers: Headers;
    }
  /** A state of the record that is no answer. */
  | { readonly kind: 'record'; readonly record: OperationRecord }
  | ({ readonly kind: 'said' } & Said)
  /** Core only: nobody was subscribed. */
  | { readonly kind: 'nobody' };

export type Answered = Extract<Heard, { kind: 'answer' }>;

/** What a worker says to the stream about one delivery. */
export type Said = {
  readonly said: 'ack' | 'nak' | 'term' | 'in_progress';
  /** 1 for the first. */
  readonly delivery: number;
  /** Of a nak; undefined where it names none. */
  readonly delayMs?: number;
};

export function isAnswer(heard: Heard): heard is Answered {
  return heard.kind === 'answer';
}

/** The delivery is over: it does not come again, or it is asked to. */
export function isSettled(heard: Heard): heard is Extract<Heard, { kind: 'said' }> {
  return heard.kind === 'said' && heard.said !== 'in_progress';
}

/** An answer or the end of a delivery. A claim is neither, and one that is heard may have been refused. */
export function isEnding(heard: Heard): heard is Answered | Extract<Heard, { kind: 'said' }> {
  return isAnswer(heard) || isSettled(heard);
}

const decoder = new TextDecoder();

/** Reads the body of an acknowledgement (NATS ADR-15); undefined when it is a reply, which a server ignores there. */
export function readAcknowledgement(body: Uint8Array): Omit<Said, 'delivery'> | undefined {
  const [verb = '', ...rest] = decoder.decode(body.subarray(0, 256)).trim().split(/\s+/);
  switch (verb) {
    case '':
    case '+ACK':
    case '+NXT':
      return { said: 'ack' };
    case '+WPI':
      return { said: 'in_progress' };
    case '+TERM':
      return { said: 'term' };
    case '-NAK':
      return { said: 'nak', delayMs: delayIn(rest.join(' ')) };
    default:
      return undefined;
  }
}

function delayIn(options: string): number | undefined {
  try {
    const { delay } = JSON.parse(options) as { delay?: unknown };
    return typeof delay === 'number' && delay > 0 ? delay / 1_000_000 : undefined;
  } catch {
    return undefined;
  }
}
