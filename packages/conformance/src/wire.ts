/** The kit's ear and mouth on NATS: sends requests as the bridge does, and hears what becomes of each. */
import type { NatsBridge } from '@nats-bridge/connector';
import {
  ackSubjectsOf,
  createRecordStore,
  createRecordWriter,
  encodeHeaders,
  managerOf,
  parseAckSubject,
  type RecordStore,
  readHeaders,
} from '@nats-bridge/messaging';
import {
  answerPattern,
  HEADER,
  type Headers,
  isConclusion,
  parseRecord,
  RECORD_STREAM,
  recordPattern,
  stateOf,
} from '@nats-bridge/protocol';
import type { ConsumerInfo } from '@nats-io/jetstream';
import { createInbox, type Msg } from '@nats-io/nats-core';
import { type Conversation, createConversation, type WritableConversation } from './conversation.js';
import { type Heard, readAcknowledgement } from './heard.js';

export type Letter = {
  readonly subject: string;
  readonly body: Uint8Array;
  readonly headers: Headers;
};

export type Sent = Conversation & {
  /** Of the request in the work stream; undefined without one. */
  readonly seq: number | undefined;
};

export type Wire = {
  /** Records of the guard, to be written as another worker or a bridge would have left them. */
  readonly records: RecordStore;
  /** Stored in the work stream; what is heard afterwards belongs to its `X-Reply-To` and its place in the stream. */
  sendStored(letter: Letter): Promise<Sent>;
  /** Heard by queue subscriptions, with an inbox for the answer. */
  sendCore(letter: Letter): Promise<Sent>;
  /** Requests of this wire that a worker took and has not settled, as far as consumers say. */
  inHand(): Promise<number>;
  /** Requests that a worker asks for at this moment, as far as consumers say. */
  underWay(): Promise<number>;
  /** Takes out of the work stream what is left there of this wire's requests. */
  close(): Promise<void>;
};

/** Acknowledgements that came before the stream said which place the request has. */
const EARLY_KEPT = 4_096;

type Watched = WritableConversation & {
  readonly replyTo: string | undefined;
  readonly correlationId: string;
};

export async function openWire(bridge: NatsBridge, merchantId: string): Promise<Wire> {
  const { connection, config } = bridge;
  const stream = config.jetstream.stream_name;
  const nats = await connection.get();
  const writer = createRecordWriter(connection);
  const watched: Watched[] = [];
  const bySeq = new Map<number, Watched>();
  const early: { readonly seq: number; readonly heard: Heard; readonly message: Msg }[] = [];
  const acknowledgedHere = new Set<string>();

  function hearAnswer(message: Msg): void {
    const headers = readHeaders(message);
    const heard: Heard =
      isConclusion(message.data) && stateOf(headers) === 'answered'
        ? { kind: 'answer', via: 'reply_to', subject: message.subject, body: message.data, headers }
        : { kind: 'record', record: parseRecord(headers, 0, Date.now()) };
    const named = watched.filter(({ replyTo }) => replyTo === message.subject);
    for (const conversation of named) conversation.add(heard);
    if (named.length > 0 || heard.kind !== 'answer') return;
    const text = new TextDecoder().decode(message.data);
    for (const conversation of watched)
      if (
        headers[HEADER.correlationId] === conversation.correlationId ||
        text.includes(conversation.correlationId)
      )
        conversation.add({ ...heard, via: 'elsewhere' });
  }

  function hearAcknowledgement(message: Msg): void {
    const about = parseAckSubject(message.subject);
    if (about?.stream !== stream) return;
    const said = readAcknowledgement(message.data);
    // The kit's own, on behalf of a worker that only responds.
    if (said !== undefined && acknowledgedHere.delete(message.subject)) return;
    const heard: Heard =
      said === undefined
        ? {
            kind: 'answer',
            via: 'respond',
            subject: message.subject,
            body: message.data,
            headers: readHeaders(message),
          }
        : { kind: 'said', ...said, delivery: about.deliveryCount };
    const conversation = bySeq.get(about.streamSeq);
    if (conversation !== undefined) {
      told(conversation, heard, message);
    } else {
      early.push({ seq: about.streamSeq, heard, message });
      if (early.length > EARLY_KEPT) early.shift();
    }
  }

  /** The bridge acknowledges for who only responds. */
  function told(conversation: Watched, heard: Heard, message: Msg): void {
    conversation.add(heard);
    if (heard.kind !== 'answer') return;
    acknowledgedHere.add(message.subject);
    nats.publish(message.subject, '+ACK');
  }

  const listen = (subject: string, hear: (message: Msg) => void) =>
    nats.subscribe(subject, {
      callback(error, message) {
        if (error === null) hear(message);
      },
    });
  const subscriptions = [
    listen(recordPattern(merchantId), hearAnswer),
    listen(answerPattern({ merchantId }), hearAnswer),
    ...(config.jetstream_enabled ? ackSubjectsOf(stream) : []).map((subject) =>
      listen(subject, hearAcknowledgement),
    ),
  ];
  await nats.flush();

  function watch({ headers }: Letter, replyTo = headers[HEADER.replyTo]): Watched {
    const conversation: Watched = {
      ...createConversation(),
      replyTo,
      correlationId: headers[HEADER.correlationId] ?? '',
    };
    watched.push(conversation);
    return conversation;
  }

  const records = createRecordStore(connection, { stream: RECORD_STREAM, writer });

  return {
    records: {
      ...records,
      async write(...record) {
        const seq = await records.write(...record);
        // The stream's confirmation may overtake the message, which must not be heard as the answer of what is sent next.
        await nats.flush();
        return seq;
      },
    },

    async sendStored(letter) {
      const conversation = watch(letter);
      const headers = { 'Nats-Expected-Stream': stream, ...letter.headers };
      const { seq } = await writer.write(letter.subject, letter.body, headers);
      bySeq.set(seq, conversation);
      for (const one of early.filter((one) => one.seq === seq)) told(conversation, one.heard, one.message);
      return { ...conversation, seq };
    },

    async sendCore(letter) {
      const inbox = createInbox(connection.inboxPrefix);
      const conversation = watch(letter, inbox);
      subscriptions.push(
        listen(inbox, (message) => {
          const isNobody = message.data.length === 0 && message.headers?.code === 503;
          conversation.add(
            isNobody
              ? { kind: 'nobody' }
              : {
                  kind: 'answer',
                  via: 'respond',
                  subject: inbox,
                  body: message.data,
                  headers: readHeaders(message),
                },
          );
        }),
      );
      nats.publish(letter.subject, letter.body, { headers: encodeHeaders(letter.headers), reply: inbox });
      return { ...conversation, seq: undefined };
    },

    inHand: () => total((consumer) => consumer.num_ack_pending),
    underWay: () => total((consumer) => (consumer.num_waiting > 0 ? consumer.num_pending : 0)),

    async close() {
      for (const subscription of subscriptions) subscription.unsubscribe();
      writer.close();
      await takeOut();
    },
  };

  async function total(requestsOf: (consumer: ConsumerInfo) => number): Promise<number> {
    const manager = await managerOf(connection);
    let requests = 0;
    for await (const consumer of manager.consumers.list(stream)) requests += requestsOf(consumer);
    return requests;
  }

  async function takeOut(): Promise<void> {
    if (bySeq.size === 0) return;
    const manager = await managerOf(connection);
    // Most have gone by themselves.
    await Promise.allSettled([...bySeq.keys()].map((seq) => manager.streams.deleteMessage(stream, seq)));
  }
}
