/** Metrics of what the broker says of itself: streams, consumers, dead letters and workers. */
import type { BrokerFigures } from '@nats-bridge/connector';
import { QUEUE_STREAM } from '@nats-bridge/protocol';
import { Counter, Gauge, type Registry } from 'prom-client';
import { createBoundedLabel, OTHER } from './bounded-label.js';

/** Takes what was read last; undefined when the broker could not be asked: then there are no figures, not old ones. */
export type ShowFigures = (figures: BrokerFigures | undefined) => void;

type StreamFigures = BrokerFigures['streams'][number];
type ConsumerFigures = StreamFigures['consumers'][number];

const MOST_WORKERS = 64;

export function createBrokerMetrics(register: Registry): ShowFigures {
  const registers = [register];
  const gauge = <L extends string = never>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Gauge<L>({ name, help, labelNames, registers });

  const up = gauge(
    'nats_bridge_broker_up',
    'Whether NATS answered in time when it was asked for its figures',
  );
  const rtt = gauge('nats_bridge_connection_rtt_seconds', 'Round trip to the NATS server');

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
    registers,
  });

  const approvals = gauge(
    'nats_bridge_approvals_waiting',
    'Actions that wait for a second person; absent where none needs one',
  );

  const worker = ['worker', 'operation'] as const;
  const alive = gauge(
    'nats_bridge_workers',
    'Processes of the worker SDK that answer; 0 once all of a known name are gone',
    worker,
  );
  const load = gauge(
    'nats_bridge_worker_requests_in_flight',
    'Requests in the hands of these workers',
    worker,
  );
  const capacity = gauge('nats_bridge_worker_capacity', 'Requests they would take at once', worker);

  const weight = gauge(
    'nats_bridge_worker_weight',
    'Their share against other workers, of those that were given one',
    worker,
  );
  const backups = gauge(
    'nats_bridge_backup_workers',
    'How many of nats_bridge_workers are backups, with a priority above 0',
    worker,
  );

  const workerLabel = createBoundedLabel(MOST_WORKERS);
  const knownWorkers = new Map<string, { readonly worker: string; readonly operation: string }>();
  const figuresOfNow = [
    ...[rtt, messages, bytes, messagesLimit, bytesLimit, usage, replicas, replicasWanted, overlaps],
    ...[pending, ackPending, redelivered, waiting, letters, lettersMade, alive, load, capacity],
    ...[weight, backups],
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

  function showWorkers(workers: BrokerFigures['workers']): void {
    for (const { worker: name, operation } of workers) {
      const labels = { worker: workerLabel(name), operation };
      knownWorkers.set(`${labels.worker} ${operation}`, labels);
    }
    for (const labels of knownWorkers.values()) alive.set(labels, 0);
    for (const { worker: name, operation, ...figures } of workers) {
      const labels = { worker: workerLabel(name), operation };
      alive.inc(labels);
      capacity.inc(labels, figures.capacity);
      if (figures.weight !== undefined) weight.inc(labels, figures.weight);
      backups.inc(labels, Number(figures.priority > 0));
      if (figures.inFlight !== undefined) load.inc(labels, figures.inFlight);
    }
  }

  return (figures) => {
    for (const metric of figuresOfNow) metric.reset();
    // A gauge without labels would say 0.
    rtt.remove();
    approvals.remove();
    up.set(Number(figures !== undefined));
    if (figures === undefined) return;
    rtt.set(figures.rttMs / 1_000);
    if (figures.approvalsWaiting !== undefined) approvals.set(figures.approvalsWaiting);
    for (const each of figures.streams) showStream(each, figures.ownConsumers);
    showWorkers(figures.workers);
  };
}

function shareOf(used: number, limit: number | undefined): number {
  return limit === undefined ? 0 : used / limit;
}
