/** Reads the subject on which a worker acknowledges a message: it says which message is meant. */
export type AckSubject = {
  readonly stream: string;
  readonly consumer: string;
  /** 1 for the first delivery. */
  readonly deliveryCount: number;
  readonly streamSeq: number;
  /** When the stream stored the message, by the server's clock, epoch milliseconds. */
  readonly storedAt: number;
};

/**
 * Both forms in use (NATS ADR-15):
 * `$JS.ACK.{stream}.{consumer}.{deliveries}.{stream seq}.{consumer seq}.{stored ns}.{pending}` and, since
 * 2.14 behind a flag, with `{domain}.{account hash}.` before the stream and more tokens allowed at the end.
 */
export function parseAckSubject(subject: string): AckSubject | undefined {
  const tokens = subject.split('.');
  if (tokens[0] !== '$JS' || tokens[1] !== 'ACK') return undefined;
  if (tokens.length !== 9 && tokens.length < 11) return undefined;
  const first = tokens.length === 9 ? 2 : 4;
  const stream = tokens[first];
  const consumer = tokens[first + 1];
  const deliveryCount = Number(tokens[first + 2]);
  const streamSeq = Number(tokens[first + 3]);
  const storedNs = Number(tokens[first + 5]);
  if (!stream || !consumer || !(deliveryCount > 0) || !(streamSeq > 0) || !(storedNs > 0)) return undefined;
  return { stream, consumer, deliveryCount, streamSeq, storedAt: storedNs / 1_000_000 };
}

/** What to subscribe to in order to see every acknowledgement of a stream, in both forms. */
export function ackSubjectsOf(stream: string): readonly string[] {
  return [`$JS.ACK.${stream}.>`, `$JS.ACK.*.*.${stream}.>`];
}
