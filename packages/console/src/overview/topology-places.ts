/** What is written at each place of the topology. */
import type { Overview } from '../api/types.js';
import { bytes, count, percent, plural, rate } from '../format/number.js';
import { milliseconds } from '../format/time.js';

export type PlaceLine = { readonly text: string; readonly isTrouble?: boolean };
export type Place = {
  readonly name: string;
  readonly lines: readonly PlaceLine[];
  /** How full it is, of 1. */
  readonly share?: number;
  /** Of the edge that leads here. */
  readonly edge: string;
  readonly isCutOff: boolean;
};

const FULL = 0.8;

export function placesOf(overview: Overview): readonly Place[] {
  const { path, operations } = overview;
  const { broker, stream, workers } = path;
  const total = (name: 'calls' | 'success' | 'failure' | 'processing' | 'unknown' | 'not_sent') =>
    operations.reduce((sum, figures) => sum + figures[name], 0);
  const answered = total('success') + total('failure') + total('processing');
  const doubt = total('unknown');
  const isWithoutWorkers = !workers.is_anybody_there;
  const isCounted = workers.alive > 0;
  return [
    {
      name: 'Hyperswitch',
      lines: [
        { text: `${rate(overview.throughput_per_s)} calls/s` },
        { text: `${plural(total('calls'), 'call')}, ${overview.window_s} s` },
      ],
      edge: '',
      isCutOff: false,
    },
    {
      name: 'Gateway',
      lines: [
        { text: `p95 ${milliseconds(overview.latency_ms.p95)}` },
        { text: `${count(overview.in_flight)} of ${count(overview.in_flight_limit)} in flight` },
      ],
      share: overview.in_flight / overview.in_flight_limit,
      edge: 'gRPC',
      isCutOff: false,
    },
    {
      name: stream === null ? 'NATS' : stream.name,
      lines: broker.connected
        ? [
            { text: stream === null ? 'nothing is stored' : plural(stream.messages, 'message') },
            {
              text:
                stream === null
                  ? 'core mode'
                  : stream.max_bytes === null
                    ? bytes(stream.bytes)
                    : `${bytes(stream.bytes)} of ${bytes(stream.max_bytes)}`,
              ...(stream?.max_bytes != null && { isTrouble: stream.bytes / stream.max_bytes > FULL }),
            },
          ]
        : [{ text: 'not connected', isTrouble: true }, { text: plural(broker.reconnects, 'reconnect') }],
      ...(stream?.max_bytes != null && { share: stream.bytes / stream.max_bytes }),
      edge: broker.connected ? milliseconds(broker.rtt_ms) : 'cut',
      isCutOff: !broker.connected,
    },
    {
      name: 'Workers',
      lines: [
        {
          text: isWithoutWorkers ? 'none there' : isCounted ? `${count(workers.alive)} alive` : 'there',
          isTrouble: isWithoutWorkers,
        },
        {
          text:
            isWithoutWorkers || isCounted
              ? `${count(workers.in_flight)} of ${count(workers.capacity)} busy`
              : 'without the SDK',
        },
      ],
      ...(workers.capacity > 0 && { share: workers.in_flight / workers.capacity }),
      edge: 'pull',
      isCutOff: isWithoutWorkers,
    },
    {
      name: 'Processor',
      lines: [
        { text: answered === 0 ? 'no answers' : `${percent(total('success') / answered)} success` },
        doubt > 0
          ? { text: `${count(doubt)} in doubt`, isTrouble: true }
          : { text: `${count(total('failure'))} declined` },
      ],
      edge: 'call',
      isCutOff: isWithoutWorkers,
    },
  ];
}
