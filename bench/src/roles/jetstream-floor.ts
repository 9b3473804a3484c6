/** Floor: publish with PubAck → durable pull consumer → reply to an inbox → ack, in plain nats.js, with its JSON. */
import { AckPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { createInbox, headers } from '@nats-io/nats-core';
import { connect } from '@nats-io/transport-node';
import { assertAnswers, fromJson, idSource, natsRequestSource, REPLY, toJson } from '../payment.js';
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
    const waiting = new Map<string, (body: Uint8Array) => void>();
    nats.subscribe(`${inbox}.*`, {
      callback: (_, message) => {
        waiting.get(message.subject)?.(message.data);
        waiting.delete(message.subject);
      },
    });
    const nextIds = idSource();
    return {
      sendOf(size) {
        const requestOf = natsRequestSource(size);
        return async () => {
          const ids = nextIds();
          const replyTo = `${inbox}.${ids.attemptId}`;
          const replied = new Promise<Uint8Array>((resolve) => waiting.set(replyTo, resolve));
          const messageHeaders = headers();
          messageHeaders.set(REPLY_TO, replyTo);
          const [reply] = await Promise.all([
            replied,
            js.publish(`floor.payments.${ids.merchantId}.authorize`, toJson(requestOf(ids)), {
              msgID: ids.attemptId,
              headers: messageHeaders,
              timeout: 30_000,
            }),
          ]);
          assertAnswers(reply, ids.attemptId);
        };
      },
    };
  },
};

/** @param isArchived the server copies each request into a second stream, as it does from PAYMENTS */
export const jetstreamFloorWorker = (isArchived = false): Role => ({
  kind: 'service',
  async start({ natsUrl }) {
    const nats = await connect({ servers: natsUrl, noAsyncTraces: true });
    const manager = await jetstreamManager(nats);
    await manager.streams.add({ name: STREAM, subjects: ['floor.payments.>'], max_msgs: 1_000_000 });
    if (isArchived)
      await manager.streams.add({
        name: `${STREAM}_ARCHIVE`,
        sources: [{ name: STREAM }],
        max_msgs: 1_000_000,
      });
    await manager.consumers.add(STREAM, { durable_name: CONSUMER, ack_policy: AckPolicy.Explicit });
    const consumer = await jetstream(nats).consumers.get(STREAM, CONSUMER);
    await consumer.consume({
      max_messages: 256,
      callback: (message) => {
        const { correlation_id } = fromJson(message.data) as { correlation_id: string };
        nats.publish(message.headers?.get(REPLY_TO) ?? '', toJson({ correlation_id, ...REPLY }));
        message.ack();
      },
    });
    return {};
  },
});
