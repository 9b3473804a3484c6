/** Metrics of streams, of their consumers, and of the dead letters that two of them hold. */
import type { BrokerFigures } from '@nats-bridge/connector';
import { QUEUE_STREAM } from '@nats-bridge/protocol';
import { Counter, type Registry } from 'prom-client';
import { OTHER } from './bounded-label.js';
import { createGauges } from './gauges.js';

type StreamFigures = BrokerFigures['streams'][number];
type ConsumerFigures = StreamFigures['consumers'][number];

export type StreamMetrics = {
  show(figures: Pick<BrokerFigures, 'streams' | 'ownConsumers'>): void;
  /** Nothing is known now. */
  reset(): void;
};

export function createStreamMetrics(register: Registry): StreamMetrics {
  const gauge = createGauges(register);

  const stream = ['stream'] as const;
  const messages = gauge('nats_bridge_stream_messages', 'Messages in a stream', stream);
  const bytes = gauge('nats_bridge_stream_bytes', 'Bytes in a stream', stream);
  const messagesLimit = gauge(
    'nats_bridge_stream_messages_limit',
    'Messages a stream keeps at most; absent without limit',
    stream,
  );
  const bytesLimit = gauge(
    'nats_bridge_stream_bytes_limit',
    'Bytes a stream keeps at most; absent without limit',
    stream,
  );
  const usage = gauge(
    'nats_bridge_stream_usage_ratio',
    'How much of the nearer limit of a stream is used, 0 to 1; absent without limits',
    stream,
  );
  const replicas = gauge(
    'nats_bridge_stream_replicas',
    'Servers that hold a current copy of a stream',
    stream,
  );
  const replicasWanted = gauge('nats_bridge_stream_replicas_wanted', 'Servers that are to hold one', stream);
  const overlaps = gauge(
    'nats_bridge_consumer_overlaps',
    'Pairs of consumers of a stream that each get the same request: it may be executed by both',
    stream,
  );

  const consumer = ['stream', 'consumer'] as const;
  const pending = gauge('nats_bridge_consumer_pending', 'Lag: messages not delivered yet', consumer);
  const ackPending = gauge(
    'nats_bridge_consumer_ack_pending',
    'Messages delivered and not acknowledged yet',
    consumer,
  );
  const redelivered = gauge(
    'nats_bridge_consumer_redelivered',
    'Messages not acknowledged yet that were delivered more than once',
    consumer,
  );
  const waiting = gauge(
    'nats_bridge_consumer_waiting_pulls',
    'Requests of readers for messages: above 0, somebody reads and has free places',
    consumer,
  );

  const queue = ['queue'] as const;
  const letters = gauge('nats_bridge_dead_letters', 'Letters that wait for somebody', queue);
  const lettersMade = new Counter({
    name: 'nats_bridge_dead_letters_total',
    help: 'Letters ever made of requests that were given up',
    labelNames: queue,
    registers: [register],
  });

  const all = [
    ...[messages, bytes, messagesLimit, bytesLimit, usage, replicas, replicasWanted, overlaps],
    ...[pending, ackPending, redelivered, waiting, letters, lettersMade],
  ];

  function showStream(figures: StreamFigures, ownConsumers: ReadonlySet<string>): void {
    const labels = { stream: figures.name };
    const { maxMessages, maxBytes } = figures;
    messages.set(labels, figures.messages);
    bytes.set(labels, figures.bytes);
    if (maxMessages !== undefined) messagesLimit.set(labels, maxMessages);
    if (maxBytes !== undefined) bytesLimit.set(labels, maxBytes);
    if (maxMessages !== undefined || maxBytes !== undefined)
      usage.set(labels, Math.max(shareOf(figures.messages, maxMessages), shareOf(figures.bytes, maxBytes)));
    replicas.set(labels, figures.replicas.current);
    replicasWanted.set(labels, figures.replicas.wanted);
    overlaps.set(labels, figures.overlaps.length);
    for (const each of figures.consumers) showConsumer(figures.name, each, ownConsumers);
    for (const [name, queueStream] of Object.entries(QUEUE_STREAM)) {
      if (queueStream !== figures.name) continue;
      letters.set({ queue: name }, figures.messages);
      lettersMade.inc({ queue: name }, figures.lastSeq);
    }
  }

  /** Workers may make consumers under random names: those are shown together. */
  function showConsumer(name: string, figures: ConsumerFigures, ownConsumers: ReadonlySet<string>): void {
    const labels = { stream: name, consumer: ownConsumers.has(figures.name) ? figures.name : OTHER };
    pending.inc(labels, figures.pending);
    ackPending.inc(labels, figures.ackPending);
    redelivered.inc(labels, figures.redelivered);
    waiting.inc(labels, figures.waiting);
  }

  return {
    show({ streams, ownConsumers }) {
      for (const each of streams) showStream(each, ownConsumers);
    },
    reset() {
      for (const metric of all) metric.reset();
    },
  };
}

function shareOf(used: number, limit: number | undefined): number {
  return limit === undefined ? 0 : used / limit;
}
