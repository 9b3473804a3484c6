/** Floor: core request-reply as nats.js gives it. */
import { headers } from '@nats-io/nats-core';
import { connect } from '@nats-io/transport-node';
import { idSource, natsBodyOf, REPLY } from '../payment.js';
import type { Role } from './role.js';

const QUEUE = 'floor';

export const coreFloorSender: Role = {
  kind: 'sender',
  async start({ natsUrl }) {
    const nats = await connect({ servers: natsUrl, noAsyncTraces: true });
    const nextIds = idSource();
    return {
      sendOf(size) {
        const body = natsBodyOf(size);
        return async () => {
          const { merchantId } = nextIds();
          const reply = await nats.request(`floor.payments.${merchantId}.authorize`, body, {
            timeout: 30_000,
          });
          if (reply.data.length === 0) throw new Error('an empty reply');
        };
      },
    };
  },
};

export const coreFloorWorker: Role = {
  kind: 'service',
  async start({ natsUrl }) {
    const nats = await connect({ servers: natsUrl, noAsyncTraces: true });
    const reply = Buffer.from(JSON.stringify(REPLY));
    const replyHeaders = headers();
    replyHeaders.set('Content-Type', 'application/json');
    nats.subscribe('floor.payments.*.authorize', {
      queue: QUEUE,
      callback: (error, message) => {
        if (error === null) message.respond(reply, { headers: replyHeaders });
      },
    });
    await nats.flush();
    return {};
  },
};
