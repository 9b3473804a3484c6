/** Metrics of what the connector sent and what came back; it counts them itself, and they are read when scraped. */
import type { NatsBridge } from '@nats-bridge/connector';
import { Counter, type Registry } from 'prom-client';

type Stats = ReturnType<NatsBridge['stats']>;

export function createReplyMetrics(register: Registry, stats: () => Stats): void {
  const registers = [register];
  const total = (name: string, help: string, read: (stats: Stats) => number) =>
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(read(stats()));
      },
    });
  new Counter({
    name: 'nats_bridge_replies_total',
    help: 'Answers by the way they came: durable (published to X-Reply-To), ack (respond on a JetStream message), inbox, core',
    labelNames: ['path'],
    registers,
    collect() {
      this.reset();
      for (const [path, count] of Object.entries(stats().answers)) this.inc({ path }, count);
    },
  });
  total(
    'nats_bridge_requests_republished_total',
    'Requests published again under the same message id, because the stream did not confirm them in time',
    ({ republished }) => republished,
  );
  total(
    'nats_bridge_late_answers_total',
    'Answers that came after their caller had been told "unknown"; they are in the ledger',
    ({ late }) => late,
  );
  total(
    'nats_bridge_stray_replies_total',
    'Replies that named another request than the one they came for; nobody was given them',
    ({ stray }) => stray,
  );
  total(
    'nats_bridge_refused_replies_total',
    'Answers refused because their signature is missing, wrong or of somebody not trusted; counted each time one is read',
    ({ refusedReplies }) => refusedReplies,
  );
}
