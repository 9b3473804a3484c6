/** A message as nats.js hands it to the product. */
import { type Msg, type MsgHdrs, MsgHdrsImpl, type Payload, type PublishOptions } from '@nats-io/nats-core';
import type { WireMessage } from '../broker/wire-message.js';

export class SimMessage implements Msg {
  readonly sid = 0;
  readonly subject: string;
  readonly data: Uint8Array;
  readonly reply: string | undefined;
  #headers: MsgHdrs | undefined;

  constructor(
    readonly wire: WireMessage,
    readonly publish: (subject: string, data?: Payload, options?: PublishOptions) => void,
  ) {
    this.subject = wire.subject;
    this.data = wire.data;
    this.reply = wire.reply;
  }

  get headers(): MsgHdrs | undefined {
    if (this.wire.headers !== undefined) this.#headers ??= MsgHdrsImpl.decode(this.wire.headers);
    return this.#headers;
  }

  respond(data?: Payload, options?: PublishOptions): boolean {
    if (this.reply === undefined) return false;
    this.publish(this.reply, data, options);
    return true;
  }

  json<T>(): T {
    return JSON.parse(this.string());
  }

  string(): string {
    return Buffer.from(this.data).toString();
  }
}
