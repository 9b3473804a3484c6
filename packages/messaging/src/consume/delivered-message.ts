/** A message that a consumer has given to this process: what it holds, and how it is acknowledged (NATS ADR-15). */
import type { Headers } from '@nats-bridge/protocol';
import { type Msg, nanos } from '@nats-io/nats-core';
import { type AckSubject, parseAckSubject } from '../request/ack-subject.js';
import { readHeaders } from '../request/message-headers.js';

const ACK = Buffer.from('+ACK');
const WORKING = Buffer.from('+WPI');

export class DeliveredMessage {
  readonly #message: Msg;
  readonly #ackSubject: AckSubject;
  #headers: Headers | undefined;
  #isSettled = false;

  /** @throws TypeError for a message that came from no consumer */
  constructor(message: Msg) {
    const ackSubject = parseAckSubject(message.reply ?? '');
    if (ackSubject === undefined) throw new TypeError(`${message.subject} was delivered by no consumer`);
    this.#message = message;
    this.#ackSubject = ackSubject;
  }

  get subject(): string {
    return this.#message.subject;
  }

  get data(): Uint8Array {
    return this.#message.data;
  }

  /** The first value of each. */
  get headers(): Headers {
    this.#headers ??= readHeaders(this.#message);
    return this.#headers;
  }

  /** Where its acknowledgement goes. */
  get ackSubject(): string {
    return this.#message.reply ?? '';
  }

  /** 1 for the first. */
  get deliveryCount(): number {
    return this.#ackSubject.deliveryCount;
  }

  /** In its stream. */
  get seq(): number {
    return this.#ackSubject.streamSeq;
  }

  /** When the stream stored it, by the server's clock, epoch milliseconds. */
  get storedAt(): number {
    return Math.floor(this.#ackSubject.storedAt);
  }

  /** It is done. Of this and the next two only the first counts. */
  ack(): void {
    this.#settle(ACK);
  }

  /** It is to be delivered again: at once, or after so many milliseconds. */
  nak(delayMs?: number): void {
    this.#settle(delayMs === undefined ? '-NAK' : `-NAK {"delay":${nanos(delayMs)}}`);
  }

  /** Nobody can do it: it is delivered no more, and the server says why to who listens. */
  term(reason: string): void {
    this.#settle(`+TERM ${reason}`);
  }

  /** It is still in hand: the ack wait begins anew. */
  working(): void {
    if (!this.#isSettled) this.#message.respond(WORKING);
  }

  #settle(how: Uint8Array | string): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#message.respond(how);
  }
}
