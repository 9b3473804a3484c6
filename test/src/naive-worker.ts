/** A worker as the specification has it: delivered by push, answered by `respond`, and without records of its own. */
import { AckPolicy, type ConsumerConfig, DeliverPolicy, jetstreamManager } from '@nats-io/jetstream';
import type { Msg, NatsConnection } from '@nats-io/nats-core';

/** What `answer` responds goes to the acknowledgement subject; who sets it anew changes the worker. */
export async function startNaiveWorker(
  nats: NatsConnection,
  answer: (message: Msg) => void,
  consumer: Partial<ConsumerConfig> = {},
) {
  const { consumers } = await jetstreamManager(nats);
  await consumers.add('PAYMENTS', {
    durable_name: 'naive',
    ack_policy: AckPolicy.Explicit,
    deliver_policy: DeliverPolicy.New,
    deliver_subject: 'naive.in',
    filter_subject: 'hyperswitch.payments.*.authorize',
    ack_wait: 1_000_000_000,
    max_deliver: 2,
    ...consumer,
  });
  const delivered: Msg[] = [];
  const worker = { delivered, answer, info: () => consumers.info('PAYMENTS', 'naive') };
  nats.subscribe('naive.in', {
    callback: (_, message) => {
      delivered.push(message);
      worker.answer(message);
    },
  });
  return worker;
}
