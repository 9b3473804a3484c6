/** What the admin API answers. */

export type Role = 'viewer' | 'operator' | 'admin';
export type Session = { readonly who: string; readonly role: Role };

export type Page<T> = {
  readonly items: readonly T[];
  readonly next_cursor?: string | null;
  readonly total?: number;
};

export type Alert = {
  readonly name: string;
  readonly severity: 'critical' | 'warning';
  readonly since: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly summary: string;
  readonly runbook: string;
};

export type SecondPoint = {
  readonly at: string;
  readonly calls: number;
  readonly failures: number;
  readonly p95_ms: number | null;
};

export type OperationFigures = {
  readonly operation: string;
  readonly connector: string;
  readonly calls: number;
  readonly success: number;
  readonly failure: number;
  readonly processing: number;
  readonly unknown: number;
  readonly not_sent: number;
  readonly p50_ms: number | null;
  readonly p95_ms: number | null;
};

export type Overview = {
  readonly at: string;
  readonly window_s: number;
  readonly throughput_per_s: number;
  readonly latency_ms: {
    readonly p50: number | null;
    readonly p95: number | null;
    readonly p99: number | null;
  };
  readonly in_flight: number;
  readonly in_flight_limit: number;
  readonly operations: readonly OperationFigures[];
  readonly path: {
    readonly broker: {
      readonly connected: boolean;
      readonly url_host: string | null;
      readonly rtt_ms: number | null;
      readonly reconnects: number;
      readonly durability: string | null;
    };
    readonly stream: {
      readonly name: string;
      readonly messages: number;
      readonly bytes: number;
      readonly max_bytes: number | null;
    } | null;
    readonly workers: { readonly alive: number; readonly in_flight: number; readonly capacity: number };
  };
  readonly letters: { readonly dead: number; readonly interventions: number };
  readonly alerts: readonly Alert[];
};

export type RecordState = 'requested' | 'sent' | 'claimed' | 'answered' | 'unknown' | 'withdrawn';
export type Status = 'success' | 'failure' | 'processing';

export type PaymentRow = {
  readonly merchant_id: string;
  readonly payment_id: string;
  readonly idempotency_key: string;
  readonly operation: string;
  readonly connector?: string;
  readonly state: RecordState;
  readonly status?: Status;
  readonly at: string;
  readonly requested_at?: string;
  readonly attempts: number;
  readonly worker?: string;
  readonly correlation_id?: string;
  readonly duration_ms?: number;
};

export type PaymentOperation = PaymentRow & {
  readonly transaction_id?: string;
  readonly error?: { readonly code: string; readonly message: string };
};

export type MessageSource = { readonly stream: string; readonly seq: number; readonly subject: string };

export type TimelineEvent = {
  readonly at: string;
  readonly kind: string;
  readonly operation: string;
  readonly idempotency_key: string;
  readonly source: MessageSource | null;
  readonly worker?: string;
  readonly detail?: string;
};

export type Waterfall = {
  readonly operation: string;
  readonly idempotency_key: string;
  readonly total_ms: number;
  readonly parts: readonly { readonly name: string; readonly start_ms: number; readonly ms: number }[];
};

export type Payment = {
  readonly merchant_id: string;
  readonly payment_id: string;
  readonly operations: readonly PaymentOperation[];
  readonly timeline: readonly TimelineEvent[];
  readonly waterfall: readonly Waterfall[];
};

export type StoredMessage = {
  readonly stream: string;
  readonly seq: number;
  readonly subject: string;
  readonly at: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
};

export type Verdict = 'never_sent' | 'answered_no' | 'unknown' | 'answered_yes';
export type Queue = 'dead' | 'interventions';

export type Letter = {
  readonly name: string;
  readonly queue: Queue;
  readonly seq: number;
  readonly at: string;
  readonly merchant_id: string;
  readonly payment_id: string;
  readonly operation: string;
  readonly idempotency_key: string;
  readonly reason: string;
  readonly error?: string;
  readonly attempts: number;
  readonly worker?: string;
  readonly verdict: Verdict;
  readonly advice: string;
  readonly retries: number;
  readonly original: MessageSource & { readonly consumer: string };
};

export type LetterGroup = {
  readonly cause: string;
  readonly operation: string;
  readonly verdict: Verdict;
  readonly count: number;
  readonly first_at: string;
  readonly last_at: string;
  readonly merchants: readonly string[] | number;
};

export type LetterPage = Page<Letter> & { readonly groups: readonly LetterGroup[] };

export type LetterDetail = Letter & {
  readonly verdict_now: Verdict;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
};

export type LetterFilter = {
  readonly queue?: Queue;
  readonly merchant?: string;
  readonly operation?: string;
  readonly verdict?: Verdict;
  readonly cause?: string;
  readonly from?: string;
  readonly to?: string;
};

export type RetryPlan = {
  readonly would_retry: number;
  readonly skipped: Readonly<Record<string, number>>;
  readonly eta_ms: number;
};

export type Job = {
  readonly id: string;
  readonly kind: string;
  readonly done: number;
  readonly of: number;
  readonly retried: number;
  readonly skipped: number;
  readonly failed: readonly { readonly name: string; readonly why: string }[];
  readonly state: 'running' | 'done' | 'failed' | 'cancelled';
  readonly eta_ms: number;
};

export type WorkerRow = {
  readonly worker: string;
  readonly id: string;
  readonly version?: string;
  readonly operations: readonly string[];
  readonly capacity: number;
  readonly in_flight: number;
  readonly requests?: number;
  readonly errors?: number;
  readonly average_ms?: number;
};

export type WorkersAnswer = {
  readonly items: readonly WorkerRow[];
  readonly consumers_without_workers: readonly string[];
  readonly overlaps: readonly string[];
};

export type StreamRow = {
  readonly name: string;
  readonly messages: number;
  readonly bytes: number;
  readonly max_bytes: number | null;
  readonly share: number | null;
  readonly first_at: string | null;
  readonly last_at: string | null;
  readonly consumers: readonly {
    readonly name: string;
    readonly pending: number;
    readonly ack_pending: number;
    readonly redelivered: number;
    readonly own: boolean;
  }[];
};

export type BreakersAnswer = {
  readonly items: readonly {
    readonly operation: string;
    readonly connector: string;
    readonly state: 'closed' | 'open' | 'half_open';
    readonly since: string | null;
    readonly failures: number;
    readonly opens_again_at?: string | null;
  }[];
  readonly limits: { readonly in_flight: number; readonly limit: number };
};

export type AuditEntry = {
  readonly seq: number;
  readonly at: string;
  readonly who: string;
  readonly action: string;
  readonly reason: string;
  readonly target: unknown;
};

export type Settings = {
  readonly version: string;
  readonly instance: string;
  readonly configuration: Readonly<Record<string, unknown>>;
  readonly warnings: readonly string[];
  readonly durability: { readonly survives: string; readonly because: string };
};
