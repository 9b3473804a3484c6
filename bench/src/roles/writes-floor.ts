/**
 * Floor of the promises: the durable writes of a guarded payment and nothing else, in plain nats.js. The request is
 * published with its PubAck; the worker writes a claim on condition that there is none, and waits for its PubAck; then
 * the answer, likewise; the sender takes it as it passes; then the acknowledgement.
 */
import { AckPolicy, type JsMsg, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { headers } from '@nats-io/nats-core';
import { connect } from '@nats-io/transport-node';
import { assertAnswers, fromJson, idSource, natsRequestSource, REPLY, toJson } from '../payment.js';
import type { Role } from './role.js';

const STREAM = 'FLOOR';
const RECORDS = 'FLOOR_RECORDS';
const CONSUMER = 'floor-authorize';

export const writesFloorSender: Role = {
  kind: 'sender',
  async start({ natsUrl }) {
    const nats = await connect({ servers: natsUrl, noAsyncTraces: true });
    const js = jetstream(nats);
    const waiting = new Map<string, (body: Uint8Array) => void>();
    nats.subscribe('floor.records.>', {
      callback: (_, message) => {
        if (message.data.length === 0) return; // a claim
        const id = message.subject.slice(message.subject.lastIndexOf('.') + 1);
        waiting.get(id)?.(message.data);
        waiting.delete(id);
      },
    });
    const nextIds = idSource();
    return {
      sendOf(size) {
        const requestOf = natsRequestSource(size);
        return async () => {
          const ids = nextIds();
          const replied = new Promise<Uint8Array>((resolve) => waiting.set(ids.attemptId, resolve));
          const [reply] = await Promise.all([
            replied,
            js.publish(`floor.payments.${ids.merchantId}.authorize`, toJson(requestOf(ids)), {
              msgID: ids.attemptId,
              timeout: 30_000,
            }),
          ]);
          assertAnswers(reply, ids.attemptId);
        };
      },
    };
  },
};

export const writesFloorWorker: Role = {
  kind: 'service',
  async start({ natsUrl }) {
    const nats = await connect({ servers: natsUrl, noAsyncTraces: true });
    const manager = await jetstreamManager(nats);
    await manager.streams.add({ name: STREAM, subjects: ['floor.payments.>'], max_msgs: 1_000_000 });
    await manager.streams.add({ name: RECORDS, subjects: ['floor.records.>'], max_msgs: 2_000_000 });
    await manager.consumers.add(STREAM, { durable_name: CONSUMER, ack_policy: AckPolicy.Explicit });
    const js = jetstream(nats);
    const consumer = await js.consumers.get(STREAM, CONSUMER);
    const timeout = 30_000;
    const answer = async (message: JsMsg) => {
      const { correlation_id } = fromJson(message.data) as { correlation_id: string };
      const record = `floor.records.${correlation_id}`;
      const claimed = headers();
      claimed.set('X-Record', 'claimed');
      const { seq } = await js.publish(record, '', {
        headers: claimed,
        expect: { lastSubjectSequence: 0 },
        timeout,
      });
      await js.publish(record, toJson({ correlation_id, ...REPLY }), {
        expect: { lastSubjectSequence: seq },
        timeout,
      });
      message.ack();
    };
    await consumer.consume({ max_messages: 256, callback: (message) => void answer(message) });
    return {};
  },
};
