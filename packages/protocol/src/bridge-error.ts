/** The errors of the bridge itself: each with a stable code, the phase it happened in and what it becomes. */

/**
 * How far a request had come (docs/architecture.md: "errors know their phase").
 * `before_send`: nothing can have happened. `sent_unknown`: it may have happened, only asking is safe.
 */
export type Phase = 'before_send' | 'sent_unknown';

/** What each code means to a caller: the specification's error mapping and our additions to it. */
export const ERROR_CODES = {
  NATS_TIMEOUT: { statusCode: 504, phase: 'sent_unknown', message: 'Payment processor timeout' },
  NO_WORKERS_AVAILABLE: {
    statusCode: 503,
    phase: 'before_send',
    message: 'Payment service temporarily unavailable',
  },
  NATS_UNREACHABLE: { statusCode: 503, phase: 'before_send', message: 'Message broker unreachable' },
  CIRCUIT_OPEN: {
    statusCode: 503,
    phase: 'before_send',
    message: 'Payment service temporarily unavailable: too many calls in a row failed',
  },
  RATE_LIMITED: { statusCode: 429, phase: 'before_send', message: 'Too many requests' },
  OVERLOADED: { statusCode: 503, phase: 'before_send', message: 'Too many payments in flight' },
  STORE_REFUSED: { statusCode: 503, phase: 'before_send', message: 'The stream refused the request' },
  MESSAGE_TOO_LARGE: { statusCode: 413, phase: 'before_send', message: 'The request is too large' },
  VALIDATION_ERROR: { statusCode: 400, phase: 'before_send', message: 'The request is not valid' },
  SHUTTING_DOWN: { statusCode: 503, phase: 'before_send', message: 'The bridge is shutting down' },
  CANCELLED: { statusCode: 499, phase: 'sent_unknown', message: 'The caller gave up waiting' },
  INVALID_WORKER_REPLY: {
    statusCode: 502,
    phase: 'sent_unknown',
    message: "The worker's reply could not be understood",
  },
  KEY_CONFLICT: {
    statusCode: 504,
    phase: 'sent_unknown',
    message: 'The idempotency key was used for another request, which may have happened',
  },
  INTERNAL_ERROR: { statusCode: 500, phase: 'sent_unknown', message: 'The bridge failed' },
} as const satisfies Record<string, { statusCode: number; phase: Phase; message: string }>;

export type BridgeErrorCode = keyof typeof ERROR_CODES;

/**
 * Something the bridge, not the processor, has to say about a call.
 * `message` says what happened, to what, and what to do; it never holds payment data.
 */
export class BridgeError extends Error {
  override readonly name: string = 'BridgeError';

  constructor(
    readonly code: BridgeErrorCode,
    message: string = ERROR_CODES[code].message,
    options: { cause?: unknown; phase?: Phase } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.phase = options.phase ?? ERROR_CODES[code].phase;
  }

  readonly phase: Phase;

  get statusCode(): number {
    return ERROR_CODES[this.code].statusCode;
  }
}

/** The caller sent something that can never work; nothing was published. Do not retry unchanged. */
export class ValidationError extends BridgeError {
  override readonly name = 'ValidationError';

  constructor(
    message: string,
    options: { cause?: unknown; correlationId?: string; isKeyConflict?: boolean } = {},
  ) {
    super('VALIDATION_ERROR', message, options);
    this.correlationId = options.correlationId;
    this.isKeyConflict = options.isKeyConflict ?? false;
  }

  /** Of the call, where it was refused by the connector: the same stands in its log and its span. */
  readonly correlationId: string | undefined;
  /** Another request has its idempotency key, and may have been carried out: `sync` tells. */
  readonly isKeyConflict: boolean;
}
