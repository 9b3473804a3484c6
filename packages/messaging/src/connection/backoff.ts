/** How long to wait before the next attempt: exponential growth with jitter, pure. */

export type BackoffOptions = {
  /** Before jitter, of the first wait. Default 100. */
  readonly initialMs?: number;
  /** Bound of the growth, before jitter. Default 30 000. */
  readonly maxMs?: number;
  /** Default 2. */
  readonly factor?: number;
  /** Share of a wait that is random, 0 to 1. Default 0.2: a wait of 100 becomes 80 to 100. */
  readonly jitter?: number;
  /** 0 inclusive to 1 exclusive. Default Math.random; tests own it. */
  readonly random?: () => number;
};

/** About half a minute in all: a server that restarts is back by then, and a stream that elects a leader has one. */
export const UNTIL_BACK = { tries: 12, initialMs: 100, maxMs: 5_000 } as const;

/** The wait before attempt `attempt` (0 is the first retry), in milliseconds. */
export function backoffMs(attempt: number, options: BackoffOptions = {}): number {
  const { initialMs = 100, maxMs = 30_000, factor = 2, jitter = 0.2, random = Math.random } = options;
  const full = Math.min(maxMs, initialMs * factor ** Math.max(0, attempt));
  return Math.round(full * (1 - jitter * random()));
}
