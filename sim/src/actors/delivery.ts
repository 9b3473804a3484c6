/** A delivered request as nats.js hands it to a worker: it can be acknowledged once, and "still at work" any time. */
import type { JsMsg } from '@nats-io/jetstream';
import { nanos } from '@nats-io/nats-core';
import type { SimMessage } from './sim-message.js';

/** `$JS.ACK.{stream}.{consumer}.{deliveries}.{stream seq}.{consumer seq}.{stored ns}.{pending}` */
export function asDelivery(message: SimMessage, onNak: () => void): JsMsg {
  const [, , stream = '', consumer = '', deliveries, seq, , storedNs] = (message.reply ?? '').split('.');
  const deliveryCount = Number(deliveries);
  let isAcknowledged = false;
  const answer = (payload: string) => {
    if (isAcknowledged) return;
    isAcknowledged = payload !== '+WPI';
    message.respond(payload);
  };
  const delivery: Partial<JsMsg> & { readonly reply: string | undefined } = {
    subject: message.subject,
    data: message.data,
    reply: message.reply,
    get headers() {
      return message.headers;
    },
    seq: Number(seq),
    time: new Date(Number(storedNs) / 1_000_000),
    info: { stream, consumer, deliveryCount } as JsMsg['info'],
    redelivered: deliveryCount > 1,
    ack: () => answer('+ACK'),
    nak(ms) {
      onNak();
      answer(ms === undefined ? '-NAK' : `-NAK {"delay":${nanos(ms)}}`);
    },
    term: (reason) => answer(reason === undefined ? '+TERM' : `+TERM ${reason}`),
    working: () => answer('+WPI'),
  };
  return delivery as JsMsg;
}
