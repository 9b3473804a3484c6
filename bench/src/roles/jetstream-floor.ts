/** Floor: publish with PubAck → durable pull consumer → reply to an inbox → ack, in plain nats.js. */
import { AckPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { createInbox, headers } from '@nats-io/nats-core';
import { connect } from '@nats-io/transport-node';
import { idSource, natsBodyOf, REPLY } from '../payment.js';
import type { Role } from './role.js';

const STREAM = 'FLOOR';
const CONSUMER = 'floor-authorize';
const REPLY_TO = 'X-Reply-To';

export const jetstreamFloorSender: Role = {
  kind: 'sender',
  async start({ natsUrl }) {
    const nats = await connect({ servers: natsUrl, noAsyncTraces: true });
    const js = jetstream(nats);
    const inbox = createInbox();
    const waiting = new Map<string, () => void>();
    nats.subscribe(`${inbox}.*`, {
      callback: (_, message) => {
        waiting.get(message.subject)?.();
        waiting.delete(message.subject);
      },
    });
    const nextIds = idSource();
    return {
      sendOf(size) {
        const body = natsBodyOf(size);
        return async () => {
          const { merchantId, attemptId } = nextIds();
          const replyTo = `${inbox}.${attemptId}`;
          const replied = new Promise<void>((resolve) => waiting.set(replyTo, resolve));
          const messageHeaders = headers();
          messageHeaders.set(REPLY_TO, replyTo);
          await Promise.all([
            js.publish(`floor.payments.${merchantId}.authorize`, body, {
              msgID: attemptId,
              headers: messageHeaders,
              timeout: 30_000,
            }),
            replied,
          ]);
        };
      },
    };
  },
};

export const jetstreamFloorWorker: Role = {
  kind: 'service',
  async start({ natsUrl }) {
    const nats = await connect({ servers: natsUrl, noAsyncTraces: true });
    const manager = await jetstreamManager(nats);
    await manager.streams.add({ name: STREAM, subjects: ['floor.payments.>'], max_msgs: 1_000_000 });
    await manager.consumers.add(STREAM, { durable_name: CONSUMER, ack_policy: AckPolicy.Explicit });
    const consumer = await jetstream(nats).consumers.get(STREAM, CONSUMER);
    const reply = Buffer.from(JSON.stringify(REPLY));
    await consumer.consume({
      max_messages: 256,
      callback: (message) => {
        nats.publish(message.headers?.get(REPLY_TO) ?? '', reply);
        message.ack();
      },
    });
    return {};
  },
};
