/** Floor: core request-reply as nats.js gives it, with the JSON of both directions. */
import { headers } from '@nats-io/nats-core';
import { connect } from '@nats-io/transport-node';
import { assertAnswers, fromJson, idSource, natsRequestSource, REPLY, toJson } from '../payment.js';
import type { Role } from './role.js';

const QUEUE = 'floor';

export const coreFloorSender: Role = {
  kind: 'sender',
  async start({ natsUrl }) {
    const nats = await connect({ servers: natsUrl, noAsyncTraces: true });
    const nextIds = idSource();
    return {
      sendOf(size) {
        const requestOf = natsRequestSource(size);
        return async () => {
          const ids = nextIds();
          const subject = `floor.payments.${ids.merchantId}.authorize`;
          const reply = await nats.request(subject, toJson(requestOf(ids)), { timeout: 30_000 });
          assertAnswers(reply.data, ids.attemptId);
        };
      },
    };
  },
};

export const coreFloorWorker: Role = {
  kind: 'service',
  async start({ natsUrl }) {
    const nats = await connect({ servers: natsUrl, noAsyncTraces: true });
    const replyHeaders = headers();
    replyHeaders.set('Content-Type', 'application/json');
    nats.subscribe('floor.payments.*.authorize', {
      queue: QUEUE,
      callback: (error, message) => {
        if (error !== null) return;
        const { correlation_id } = fromJson(message.data) as { correlation_id: string };
        message.respond(toJson({ correlation_id, ...REPLY }), { headers: replyHeaders });
      },
    });
    await nats.flush();
    return {};
  },
};
