/** Recognises JetStream's own answer to a publish, which arrives on the same inbox as a worker's reply. */

export type PubAck = {
  readonly kind: 'stored';
  readonly stream: string;
  readonly seq: number;
  /** The stream had this message id already: `seq` is that of the first. */
  readonly duplicate: boolean;
};

export type PubRefusal = {
  readonly kind: 'refused';
  /** The server's `err_code`, else its HTTP-like `code`. */
  readonly natsCode: number;
  readonly description: string;
  /** Worth another try: no leader at the moment, or too much at once. */
  readonly transient: boolean;
};

/** The server did not store it, and does not say that nobody will: it, or another of its id, may be there soon. */
export type PubUnsettled = { readonly kind: 'unsettled' };

export type StoreAnswer = PubAck | PubRefusal | PubUnsettled;

/** Every field the server puts into a PubAck, of any version up to 2.15. */
const FIELDS = new Set(['type', 'stream', 'seq', 'domain', 'duplicate', 'val', 'batch', 'count', 'error']);
/** Cluster not available, system temporarily unavailable, not the leader (nats-server errors.json). */
const NO_LEADER = new Set([10006, 10008, 10009]);
/** Another message of its id is on its way to the replicas (nats-server errors.json, 10158). */
const ID_IN_PROCESS = 10158;
/** Of a write that failed, with the store's own words (10077). */
const STORE_FAILED = 10077;
/** Those of them that every replica would say (nats-server store.go); after others, one may have it and another not. */
const LIMITS = new Set([
  'maximum messages exceeded',
  'maximum bytes exceeded',
  'maximum messages per subject exceeded',
  'message too large',
  'message to large', // of older servers
]);
const LONGEST = 2_048;
const OPENING_BRACE = 0x7b;

const UNSETTLED: PubUnsettled = { kind: 'unsettled' };

const decoder = new TextDecoder();

/**
 * Undefined for anything else. A worker's JSON is not taken for a PubAck even when it is short: it would
 * need a string `stream` and a number `seq` or an `error` with `err_code`, and no other field.
 */
export function readPubAck(body: Uint8Array): StoreAnswer | undefined {
  if (body[0] !== OPENING_BRACE || body.length > LONGEST) return undefined;
  const text = decoder.decode(body);
  if (!text.startsWith('{"stream"') && !text.startsWith('{"error"') && !text.startsWith('{"type"'))
    return undefined;
  const value = parseObject(text);
  if (value === undefined || Object.keys(value).some((key) => !FIELDS.has(key))) return undefined;
  const { stream, seq, duplicate } = value;
  const isPlaced = typeof stream === 'string' && stream !== '' && typeof seq === 'number';
  const refusal = readRefusal(value.error, isPlaced);
  if (refusal !== undefined) return refusal;
  if (!isPlaced) return undefined;
  // So older servers say that another message of its id is in process.
  if (seq === 0) return UNSETTLED;
  return { kind: 'stored', stream, seq, duplicate: duplicate === true };
}

/** The server's answer when no stream (and nobody else) listens on the subject. */
export const NO_STREAM: PubRefusal = {
  kind: 'refused',
  natsCode: 503,
  description: 'no stream listens on this subject, or it has no leader at the moment',
  transient: true,
};

function readRefusal(error: unknown, isPlaced: boolean): PubRefusal | PubUnsettled | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { code, err_code, description } = error as Record<string, unknown>;
  if (typeof code !== 'number') return undefined;
  // So older servers say that the log of the replicas takes no entry.
  if (err_code === undefined && isPlaced) return UNSETTLED;
  if (typeof err_code !== 'number') return undefined;
  const said = String(description);
  if (err_code === ID_IN_PROCESS || (err_code === STORE_FAILED && !LIMITS.has(said))) return UNSETTLED;
  return {
    kind: 'refused',
    natsCode: err_code,
    description: said,
    transient: code === 429 || NO_LEADER.has(err_code),
  };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
