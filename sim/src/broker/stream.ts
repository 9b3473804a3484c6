/** A stream of JetStream as far as the product relies on it: order, duplicates, compare and set, limits. */
import { matches } from './matches.js';
import { parseWireHeaders, type WireMessage } from './wire-message.js';

export type StreamConfig = {
  readonly name: string;
  readonly subjects?: readonly string[];
  readonly sources?: readonly { readonly name: string }[];
  readonly duplicate_window?: number;
  readonly max_msgs_per_subject?: number;
};

export type Stored = {
  readonly seq: number;
  readonly subject: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly headerBytes: Uint8Array | undefined;
  readonly data: Uint8Array;
  /** True time. */
  readonly at: number;
};

type Refused = { readonly kind: 'refused'; readonly errorCode: number; readonly description: string };
type Duplicate = { readonly kind: 'duplicate'; readonly seq: number };
export type StoreResult = { readonly kind: 'stored'; readonly message: Stored } | Duplicate | Refused;

const NANOS = 1_000_000;
const EXPECTED_SEQ = 'Nats-Expected-Last-Subject-Sequence';

export class Stream {
  readonly messages = new Map<number, Stored>();
  lastSeq = 0;
  readonly #bySubject = new Map<string, number[]>();
  readonly #ids = new Map<string, { readonly seq: number; readonly at: number }>();
  /** On its way to the replicas: the id of each message, or none. */
  readonly #proposed = new Map<string, (string | undefined)[]>();

  constructor(readonly config: StreamConfig) {}

  takes(subject: string): boolean {
    return this.config.subjects?.some((pattern) => matches(pattern, subject)) ?? false;
  }

  /**
   * Of a leader, before it writes a message to the log of its replicas: what it refuses at once. As nats-server 2.15
   * does it, where a message that is still on its way counts like one that is there.
   *
   * @returns undefined when it is on its way now; `settle` ends that
   */
  propose({ subject, headers: headerBytes }: WireMessage, at: number): Duplicate | Refused | undefined {
    const headers = parseWireHeaders(headerBytes);
    const id = headers['Nats-Msg-Id'];
    const underWay = this.#proposed.get(subject) ?? [];
    if (id !== undefined && underWay.includes(id))
      return { kind: 'refused', errorCode: 10158, description: 'duplicate message id is in process' };
    if (headers[EXPECTED_SEQ] !== undefined && underWay.length > 0)
      return { kind: 'refused', errorCode: 10164, description: 'wrong last sequence' };
    const refusal = this.#refusalOf(subject, headers, at);
    if (refusal === undefined) this.#proposed.set(subject, [...underWay, id]);
    return refusal;
  }

  /** It has come to its replicas, or never will. */
  settle({ subject, headers }: WireMessage): void {
    const underWay = this.#proposed.get(subject) ?? [];
    const at = underWay.indexOf(parseWireHeaders(headers)['Nats-Msg-Id']);
    this.#proposed.set(subject, underWay.toSpliced(at, 1));
  }

  store({ subject, headers: headerBytes, data }: WireMessage, at: number): StoreResult {
    const headers = parseWireHeaders(headerBytes);
    const refusal = this.#refusalOf(subject, headers, at);
    if (refusal !== undefined) return refusal;
    const id = headers['Nats-Msg-Id'];
    const message: Stored = { seq: ++this.lastSeq, subject, headers, headerBytes, data, at };
    if (id !== undefined) this.#ids.set(id, { seq: message.seq, at });
    this.messages.set(message.seq, message);
    const seqs = this.#bySubject.get(subject) ?? [];
    if (seqs.length === 0) this.#bySubject.set(subject, seqs);
    seqs.push(message.seq);
    const most = this.config.max_msgs_per_subject ?? 0;
    if (most > 0 && seqs.length > most) this.messages.delete(seqs.shift() ?? 0);
    return { kind: 'stored', message };
  }

  #refusalOf(
    subject: string,
    headers: Readonly<Record<string, string>>,
    at: number,
  ): Duplicate | Refused | undefined {
    const id = headers['Nats-Msg-Id'];
    const first = id === undefined ? undefined : this.#ids.get(id);
    // Copies of a source are not looked at for their ids, unless the stream is told to.
    const windowMs = (this.config.duplicate_window ?? (this.config.sources ? 0 : 120_000 * NANOS)) / NANOS;
    if (first !== undefined && at - first.at < windowMs) return { kind: 'duplicate', seq: first.seq };
    const expected = headers[EXPECTED_SEQ];
    const last = this.last(subject)?.seq ?? 0;
    if (expected !== undefined && Number(expected) !== last)
      return { kind: 'refused', errorCode: 10071, description: `wrong last sequence: ${last}` };
    return undefined;
  }

  last(subject: string): Stored | undefined {
    const seq = this.#bySubject.get(subject)?.at(-1);
    return seq === undefined ? undefined : this.messages.get(seq);
  }

  /** @returns whether it was there */
  delete(seq: number): boolean {
    const message = this.messages.get(seq);
    if (message === undefined) return false;
    this.messages.delete(seq);
    const seqs = this.#bySubject.get(message.subject);
    seqs?.splice(seqs.indexOf(seq), 1);
    return true;
  }

  /** Those of a subject pattern below a sequence. @returns what has left */
  purge(pattern: string, below: number): number[] {
    const gone = [...this.messages.values()]
      .filter(({ seq, subject }) => seq < below && matches(pattern, subject))
      .map(({ seq }) => seq);
    for (const seq of gone) this.delete(seq);
    return gone;
  }
}
