/** The overview, once and live. */
import { isoTime } from '@nats-bridge/protocol';
import type { AdminWorld } from '../admin-world.js';
import { eventStream } from '../event-stream.js';
import { connectorLimit, nearestLimit } from '../nearest-limit.js';
import { AdminProblem, route } from '../route.js';
import { type Overview, overview } from '../schema/overview.js';
import { paymentRowOf } from '../schema/payments.js';
import { standingOf } from '../standing.js';

export const overviewRoutes = [
  route({
    method: 'get',
    path: '/overview',
    summary: 'Throughput, latency, outcomes by operation, and how the parts on the way of a payment are.',
    role: 'viewer',
    answer: overview,
    handle: readOverview,
  }),
  route({
    method: 'get',
    path: '/live',
    summary:
      'The overview each second (event `overview`), and changes of payments (event `payment`, 20 a second at most).',
    role: 'viewer',
    answer: 'text/event-stream',
    handle(world, { signal }) {
      const leave = world.liveReaders.enter();
      if (leave === undefined)
        throw new AdminProblem(
          503,
          'TOO_MANY_STREAMS',
          'too many look already: try again later, or raise gateway.admin.max_streams',
        );
      return eventStream(signal, (send) => {
        let left = MOST_PAYMENTS_PER_S;
        const stopListening = world.payments.onChange((view) => {
          if (left-- > 0) send('payment', paymentRowOf(view));
        });
        const tick = async () => {
          left = MOST_PAYMENTS_PER_S;
          const { series, ...rest } = await readOverview(world);
          send('overview', { ...rest, point: series.at(-1) });
        };
        const timer = setInterval(() => void tick(), 1_000);
        void tick();
        return () => {
          clearInterval(timer);
          stopListening();
          leave();
        };
      });
    },
  }),
];

const MOST_PAYMENTS_PER_S = 20;

async function readOverview(world: AdminWorld): Promise<Overview> {
  const { bridge, calls } = world;
  const [figures, durability] = await Promise.all([world.figures.get(), world.durability.get()]);
  const workers = figures?.workers ?? [];
  const isAnybodyThere = workers.length > 0 || (await world.anybody.get());
  const work = figures?.streams.find(({ name }) => name === bridge.config.jetstream.stream_name);
  const messagesIn = (name: string) => figures?.streams.find((stream) => stream.name === name)?.messages ?? 0;
  const processes = new Map(workers.map((worker) => [worker.id, worker]));
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const seen = {
    operations: calls.operations(),
    path: {
      broker: {
        connected: bridge.connection.state === 'connected',
        url_host: bridge.connection.servers[0] ?? null,
        rtt_ms: figures?.rttMs ?? null,
        reconnects: world.reconnects(),
        durability: durability?.survives ?? null,
      },
      stream: work
        ? { name: work.name, messages: work.messages, bytes: work.bytes, max_bytes: work.maxBytes ?? null }
        : null,
      workers: {
        // Not known is not "nobody".
        is_anybody_there: isAnybodyThere ?? true,
        alive: processes.size,
        in_flight: sum(workers.map(({ inFlight }) => inFlight ?? 0)),
        capacity: sum([...processes.values()].map(({ capacity }) => capacity)),
      },
    },
    letters: { dead_letters: messagesIn('DEAD_LETTERS'), interventions: messagesIn('INTERVENTIONS') },
    alerts: world.alerts
      .firing()
      .map(({ since, ...alert }) => ({ ...alert, labels: { ...alert.labels }, since: isoTime(since) })),
  };
  const inFlight = nearestLimit(world.door, connectorLimit(bridge));
  return {
    at: isoTime(Date.now()),
    window_s: calls.windowS,
    throughput_per_s: calls.throughputPerS(),
    latency_ms: calls.percentiles(),
    in_flight: inFlight.count,
    in_flight_limit: inFlight.limit,
    series: calls.series(),
    ...seen,
    standing: standingOf(seen),
  };
}
