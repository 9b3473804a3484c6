/**
 * The Grafana dashboards, one for each question of an operator: rows of panels, each with its PromQL, its unit and what
 * it tells. `npm run dashboards -- <folder>` writes them as the JSON that Grafana's provisioning reads.
 */

const RATE = '$__rate_interval';

/** @param expr may have several lines: `[legend, expression]` each */
const lines = (title, unit, about, ...targets) => ({ type: 'timeseries', title, unit, about, targets });
const number = (title, unit, about, expr, steps) => ({
  type: 'stat',
  title,
  unit,
  about,
  targets: [['', expr]],
  steps,
});

const perSecond = (by, metric, matchers = '') => `sum by (${by}) (rate(${metric}${matchers}[${RATE}]))`;
const slowest = (share, by) =>
  `histogram_quantile(${share}, sum by (${by}, le) (rate(nats_bridge_operation_duration_seconds_bucket[${RATE}])))`;

/** Green, from the first number yellow, from the second red. */
const WORSE = (warn, bad) => [
  { color: 'green', value: null },
  { color: 'yellow', value: warn },
  { color: 'red', value: bad },
];

export const DASHBOARDS = [
  {
    uid: 'nats-bridge-payments',
    title: 'NATS Bridge: do payments flow?',
    rows: [
      [
        number(
          'Calls a second',
          'reqps',
          'All operations, all gateways.',
          `sum(rate(nats_bridge_operations_total[${RATE}]))`,
        ),
        number(
          'Without an answer',
          'percentunit',
          'In doubt, or not sent: nobody answered.',
          `sum(rate(nats_bridge_operations_total{result=~"unknown|not_sent"}[${RATE}])) / sum(rate(nats_bridge_operations_total[${RATE}]))`,
          WORSE(0.01, 0.05),
        ),
        number(
          'In flight',
          'short',
          'Calls that wait for their outcome.',
          'sum(nats_bridge_operations_in_flight)',
        ),
        number(
          'Wait for a person',
          'short',
          'Interventions: money may have moved.',
          'max(nats_bridge_dead_letters{queue="interventions"})',
          WORSE(1, 1),
        ),
      ],
      [
        lines(
          'Calls by how they ended',
          'reqps',
          'A decline is a failure of the payment, not of the bridge.',
          ['{{result}}', perSecond('result', 'nats_bridge_operations_total')],
        ),
        lines(
          'How long they take',
          's',
          'From the call of the connector to its outcome.',
          ['p50', slowest(0.5, 'job')],
          ['p95', slowest(0.95, 'job')],
          ['p99', slowest(0.99, 'job')],
        ),
      ],
      [
        lines('Calls by operation', 'reqps', 'Which operations are asked for.', [
          '{{operation}}',
          perSecond('operation', 'nats_bridge_operations_total'),
        ]),
        lines('p95 by operation', 's', 'Which operations are slow.', [
          '{{operation}}',
          slowest(0.95, 'operation'),
        ]),
      ],
      [
        lines('Errors of the bridge', 'reqps', 'Calls without an answer, by error code.', [
          '{{code}}',
          perSecond('code', 'nats_bridge_operations_total', '{code!=""}'),
        ]),
        lines('Declines by connector', 'percentunit', 'Share of answers that were no.', [
          '{{connector}}',
          `${perSecond('connector', 'nats_bridge_operations_total', '{result="failure"}')} / ${perSecond('connector', 'nats_bridge_operations_total', '{result=~"success|failure|processing"}')}`,
        ]),
      ],
      [
        lines('Circuit breakers', 'short', '0 closed, 1 half open, 2 open.', [
          '{{operation}} {{connector}}',
          'max by (operation, connector) (nats_bridge_circuit_breaker_state)',
        ]),
        lines(
          'Late answers and retries',
          'reqps',
          'Answers to calls that had been told "pending", and calls tried once more.',
          ['late answers', `sum(rate(nats_bridge_late_answers_total[${RATE}]))`],
          ['retries', `sum(rate(nats_bridge_operation_retries_total[${RATE}]))`],
        ),
      ],
    ],
  },
  {
    uid: 'nats-bridge-workers',
    title: 'NATS Bridge: who answers?',
    rows: [
      [
        lines('Processes', 'short', 'Workers of the SDK that answer an operation.', [
          '{{worker}} {{operation}}',
          'max by (worker, operation) (nats_bridge_workers)',
        ]),
        lines('How busy they are', 'percentunit', 'Requests in hand, of what they can take.', [
          '{{worker}} {{operation}}',
          'sum by (worker, operation) (nats_bridge_worker_requests_in_flight) / sum by (worker, operation) (nats_bridge_worker_capacity)',
        ]),
      ],
      [
        lines(
          'Calls that found nobody',
          'reqps',
          'By pool, none for the workers of no pool; in each pool of its route.',
          ['{{operation}} {{pool}}', perSecond('operation, pool', 'nats_bridge_calls_without_workers_total')],
        ),
        lines('Backup workers', 'short', 'Of the processes: those with a priority above 0.', [
          '{{worker}} {{operation}}',
          'max by (worker, operation) (nats_bridge_backup_workers)',
        ]),
        lines('Weights', 'short', 'The share of each worker against the others, where one was given.', [
          '{{worker}} {{operation}}',
          'max by (worker, operation) (nats_bridge_worker_weight)',
        ]),
      ],
      [
        lines('Open pulls', 'short', 'Above 0, somebody reads the consumer and has free places.', [
          '{{consumer}}',
          'max by (consumer) (nats_bridge_consumer_waiting_pulls)',
        ]),
        lines('Requests that wait', 'short', 'Not delivered yet, by consumer.', [
          '{{consumer}}',
          'max by (consumer) (nats_bridge_consumer_pending)',
        ]),
        lines('Requests in hand', 'short', 'Delivered and not acknowledged, by consumer.', [
          '{{consumer}}',
          'max by (consumer) (nats_bridge_consumer_ack_pending)',
        ]),
      ],
      [
        lines('How deliveries ended', 'reqps', 'As the workers say, from their own metrics.', [
          '{{ending}}',
          perSecond('ending', 'nats_bridge_worker_deliveries_total'),
        ]),
        lines('Delivered again', 'reqps', 'Deliveries after the first, as the workers say.', [
          '{{operation}}',
          perSecond('operation', 'nats_bridge_worker_redeliveries_total'),
        ]),
      ],
    ],
  },
  {
    uid: 'nats-bridge-streams',
    title: 'NATS Bridge: what is stuck?',
    rows: [
      [
        lines('How full the streams are', 'percentunit', 'Of their nearest limit.', [
          '{{stream}}',
          'max by (stream) (nats_bridge_stream_usage_ratio)',
        ]),
        lines('Messages', 'short', 'In each stream.', [
          '{{stream}}',
          'max by (stream) (nats_bridge_stream_messages)',
        ]),
      ],
      [
        lines('Letters that wait', 'short', 'Dead letters and interventions.', [
          '{{queue}}',
          'max by (queue) (nats_bridge_dead_letters)',
        ]),
        lines('Given up', 'reqps', 'Letters that were made.', [
          '{{queue}}',
          perSecond('queue', 'nats_bridge_dead_letters_total'),
        ]),
        lines('In doubt', 'short', 'Answered "pending", and Hyperswitch has not heard how they ended.', [
          'operations',
          'max(nats_bridge_consumer_pending{consumer="late-answers"} + nats_bridge_consumer_ack_pending{consumer="late-answers"})',
        ]),
        lines('Actions that wait for a second person', 'short', 'Proposed, and decided by nobody yet.', [
          'waiting',
          'max(nats_bridge_approvals_waiting)',
        ]),
      ],
      [
        lines('Copies that are missing', 'short', 'Replicas wanted, less those that are current.', [
          '{{stream}}',
          'max by (stream) (nats_bridge_stream_replicas_wanted) - min by (stream) (nats_bridge_stream_replicas)',
        ]),
        lines(
          'Consumers that overlap',
          'short',
          'They get the same requests: a payment may be executed twice.',
          ['{{stream}}', 'max by (stream) (nats_bridge_consumer_overlaps)'],
        ),
      ],
    ],
  },
  {
    uid: 'nats-bridge-process',
    title: 'NATS Bridge: are the processes well?',
    rows: [
      [
        lines('Round trip to NATS', 's', 'One question to the server, by gateway.', [
          '{{instance}}',
          'nats_bridge_connection_rtt_seconds',
        ]),
        lines('Connections that were lost', 'short', 'In the last quarter of an hour.', [
          '{{instance}}',
          'increase(nats_bridge_connection_lost_total[15m])',
        ]),
      ],
      [
        lines('Processor', 'percentunit', 'Seconds of one processor a second.', [
          '{{instance}}',
          `rate(process_cpu_seconds_total[${RATE}])`,
        ]),
        lines('Memory', 'bytes', 'Resident.', ['{{instance}}', 'process_resident_memory_bytes']),
      ],
      [
        lines('Event loop', 's', 'How late it is: 99 % of the time.', [
          '{{instance}}',
          'nodejs_eventloop_lag_p99_seconds',
        ]),
        lines(
          'Calls at the gRPC door',
          'short',
          'And the limit above which it answers OVERLOADED.',
          ['in flight', 'sum(nats_bridge_door_calls_in_flight)'],
          ['limit', 'sum(nats_bridge_door_calls_limit)'],
        ),
      ],
      [
        lines('Rate limits: turned away', 'reqps', 'By rule; answered RATE_LIMITED.', [
          '{{rule}}',
          `sum by (rule) (rate(nats_bridge_rate_limit_calls_total{result="turned_away"}[${RATE}]))`,
        ]),
        lines('Rate limits: turned away, by operation', 'reqps', 'Answered RATE_LIMITED.', [
          '{{operation}}',
          perSecond('operation', 'nats_bridge_operations_total', '{code="RATE_LIMITED"}'),
        ]),
        lines('Rate limits: used', 'percentunit', 'Of the burst, by whoever has the least left.', [
          '{{rule}}',
          'max by (rule) (nats_bridge_rate_limit_used_ratio)',
        ]),
      ],
    ],
  },
];

const ROW_HEIGHT = 8;
const WIDTH = 24;

/** What Grafana reads (schema 39), with the data source left to choose. */
export function grafanaOf({ uid, title, rows }) {
  const datasource = { type: 'prometheus', uid: '$datasource' };
  let y = 0;
  const panels = rows.flatMap((row) => {
    const isNumbers = row.every(({ type }) => type === 'stat');
    const h = isNumbers ? ROW_HEIGHT / 2 : ROW_HEIGHT;
    const w = WIDTH / row.length;
    const placed = row.map((panel, index) => panelOf(panel, datasource, { h, w, x: index * w, y }));
    y += h;
    return placed;
  });
  return {
    uid,
    title,
    tags: ['nats-bridge'],
    schemaVersion: 39,
    timezone: 'utc',
    refresh: '10s',
    time: { from: 'now-1h', to: 'now' },
    templating: {
      list: [{ name: 'datasource', type: 'datasource', query: 'prometheus', label: 'Prometheus' }],
    },
    panels: panels.map((panel, index) => ({ id: index + 1, ...panel })),
  };
}

function panelOf({ type, title, unit, about, targets, steps }, datasource, gridPos) {
  return {
    type,
    title,
    description: about,
    datasource,
    gridPos,
    fieldConfig: {
      defaults: { unit, min: 0, ...(steps && { thresholds: { mode: 'absolute', steps } }) },
      overrides: [],
    },
    targets: targets.map(([legendFormat, expr], index) => ({
      refId: String.fromCharCode(65 + index),
      datasource,
      expr,
      legendFormat,
    })),
  };
}
