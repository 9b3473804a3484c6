/** One exchange for all who ask for the same at the same time: as long as one of them waits, it is not given up. */
import type { CancelSignal } from '@nats-bridge/messaging';
import { BridgeError, type BridgeResponse } from '@nats-bridge/protocol';
import type { Exchange, Send } from './exchange.js';

/** Told of a caller who goes while others wait on; when it resolves, he hears the error. */
export type OnLeave = (
  exchange: Exchange,
  error: BridgeError,
  answer: Promise<BridgeResponse>,
) => Promise<void>;

/** The longest time of a timer. */
const LONGEST_MS = 2 ** 31 - 1;

/** It is the signal of its own exchange, and fires when the last caller gives up. */
export class SharedCall implements CancelSignal {
  aborted = false;
  reason: unknown;
  readonly answer: Promise<BridgeResponse>;
  #waiting = 0;
  #listeners: (() => void)[] = [];

  /** Who cannot give up stays to the end: then nobody's going ends the exchange. */
  constructor(
    readonly first: Exchange,
    send: Send,
    readonly onLeave: OnLeave,
  ) {
    this.answer = send(first.signal === undefined ? first : { ...first, signal: this });
  }

  /** Of the first caller: his deadline is that of the exchange. */
  begin(): Promise<BridgeResponse> {
    this.#waiting++;
    return this.first.signal === undefined ? this.answer : this.#wait(this.first);
  }

  /** Of another caller, whose deadline may be nearer. */
  join(exchange: Exchange): Promise<BridgeResponse> {
    this.#waiting++;
    return this.#wait(exchange, exchange.deadlineAt);
  }

  addEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners.push(listener);
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners = this.#listeners.filter((one) => one !== listener);
  }

  #wait(exchange: Exchange, deadlineAt = Number.POSITIVE_INFINITY): Promise<BridgeResponse> {
    const { signal } = exchange;
    return new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined;
      const stop = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', cancel);
      };
      const leave = (error: BridgeError) => {
        stop();
        if (--this.#waiting === 0) return this.#abort(error.cause ?? error);
        const go = () => reject(error);
        this.onLeave(exchange, error, this.answer).then(go, go);
      };
      const cancel = () => leave(new BridgeError('CANCELLED', undefined, { cause: signal?.reason }));
      this.answer.then(
        (answer) => {
          stop();
          resolve(answer);
        },
        (error: unknown) => {
          stop();
          reject(error);
        },
      );
      if (signal?.aborted) return cancel();
      signal?.addEventListener('abort', cancel);
      if (deadlineAt === Number.POSITIVE_INFINITY) return;
      const leftMs = Math.min(deadlineAt - Date.now(), LONGEST_MS);
      timer = setTimeout(() => leave(new BridgeError('NATS_TIMEOUT')), leftMs);
    });
  }

  #abort(reason: unknown): void {
    this.aborted = true;
    this.reason = reason;
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const listener of listeners) listener();
  }
}
