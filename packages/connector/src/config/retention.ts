/** How long each stream keeps what is in it, and how long it must. */
import { durationMs } from './duration.js';

/** The longest pause before another delivery of a failed request. */
const LONGEST_PAUSE_MS = 30_000;

type Ages = {
  readonly max_age: string;
  readonly archive_max_age?: string | undefined;
  readonly ledger_max_age?: string | undefined;
};
type Deliveries = { readonly ack_wait: number; readonly max_deliver: number };

/** Milliseconds. */
export type Retention = {
  /** Requests that wait, notices and letters of those that nobody began, proposals of a second person. */
  readonly requests: number;
  /** The copies of requests that have left the work stream. */
  readonly archive: number;
  /** Records of idempotency keys, and what late answers are told by. */
  readonly ledger: number;
  readonly audit: number;
};

export function retentionOf({
  jetstream,
  audit,
}: {
  readonly jetstream: Ages;
  readonly audit: { readonly max_age?: string | undefined };
}): Retention {
  const { max_age, archive_max_age = max_age, ledger_max_age = max_age } = jetstream;
  return {
    requests: durationMs(max_age),
    archive: durationMs(archive_max_age),
    ledger: durationMs(ledger_max_age),
    audit: durationMs(audit.max_age ?? max_age),
  };
}

/** How long after its deadline the last delivery of a request may be over, in milliseconds. */
export function recoveryMsOf({ jetstream }: { readonly jetstream: Deliveries }): number {
  return jetstream.max_deliver * (jetstream.ack_wait + LONGEST_PAUSE_MS);
}

type Fault = { readonly path: PropertyKey[]; readonly input: unknown; readonly message: string };
type Timeouts = {
  readonly request_timeout_ms: number;
  readonly timeouts: Readonly<Record<string, number | undefined>>;
};
type Limits = Timeouts & { readonly jetstream: Ages & Deliveries & { readonly duplicate_window: string } };

/** How long a caller waits for an operation at most, in milliseconds. */
export function longestTimeoutMs({ request_timeout_ms, timeouts }: Timeouts): number {
  return Math.max(request_timeout_ms, ...Object.values(timeouts).map((ms) => ms ?? 0));
}

/** What would be forgotten while it still matters. */
export function* retentionFaults(config: Limits): Iterable<Fault> {
  const { jetstream } = config;
  const { max_age, ledger_max_age, duplicate_window } = jetstream;
  if (durationMs(duplicate_window) > durationMs(max_age))
    yield {
      path: ['jetstream', 'max_age'],
      input: max_age,
      message: `must be at least nats_bridge.jetstream.duplicate_window, which is "${duplicate_window}": no NATS server makes a stream that forgets sooner`,
    };
  const leastSeconds = Math.ceil((longestTimeoutMs(config) + recoveryMsOf(config)) / 1_000);
  for (const key of ['max_age', 'archive_max_age'] as const) {
    const value = jetstream[key];
    if (value !== undefined && durationMs(value) < leastSeconds * 1_000)
      yield {
        path: ['jetstream', key],
        input: value,
        message: `must be at least "${leastSeconds}s", which is how long a request may run with these timeouts, ack_wait and max_deliver: forgotten before, it could be carried out twice`,
      };
  }
  if (ledger_max_age !== undefined && durationMs(ledger_max_age) < durationMs(max_age))
    yield {
      path: ['jetstream', 'ledger_max_age'],
      input: ledger_max_age,
      message: `must be at least nats_bridge.jetstream.max_age, which is "${max_age}": a letter that is older than the record of its key would look as if nobody had begun it`,
    };
}
