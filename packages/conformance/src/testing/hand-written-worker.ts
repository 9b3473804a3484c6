/**
 * A worker written by hand from docs/workers.md, without the SDK, which can be told to make one mistake. As a program
 * it takes the server and the mistake as arguments, so that a test can stop its process.
 */
import { pathToFileURL } from 'node:url';
import { decodeBody, encodeBody, fingerprintOf, parseRequest, recordHeaders } from '@nats-bridge/protocol';
import { type JsMsg, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { headers as natsHeaders } from '@nats-io/nats-core';
import { connect } from '@nats-io/transport-node';

/** Each breaks one rule, whose name it bears. */
export const MISTAKES = [
  'answers-where-asked',
  'names-its-request',
  'speaks-the-status',
  'well-formed-answers',
  'explains-failures',
  'ignores-unknown-fields',
  'reads-message-pack',
  'fetches-large-bodies',
  'refuses-malformed',
  'acknowledges-last',
  'lets-expired-pass',
  'has-one-effect',
  'repeats-recorded-answers',
  'refuses-other-content',
  'keeps-out-of-leases',
  'leaves-the-withdrawn',
  'works-in-parallel',
  'drains-on-sigterm',
] as const;
/** The last breaks refuses-other-content in another way: it refuses in words alone. */
export type Mistake = (typeof MISTAKES)[number] | 'refuses-in-words';

type Fields = Record<string, unknown>;
type Record_ = { readonly seq: number; readonly body: Uint8Array; readonly header: (name: string) => string };

const OPERATION = 'authorize';
const STREAM = 'OPERATIONS';
const KNOWN_FIELDS = new Set([
  'merchant_transaction_id',
  'amount',
  'capture_method',
  'auth_type',
  'payment_method',
  'statement_descriptor',
  'test_mode',
]);
const PROCESSOR_MS = 100;
/** Long enough for something to be in hand when the process is told to stop, also by a busy machine. */
const LONG_PROCESSOR_MS = 3_000;
/** More than most rules send at once: those need not wait so long. */
const MANY_IN_HAND = 4;

export type HandWrittenWorker = { stop(): Promise<void> };

/** @param keepsRecords a guarded worker; otherwise a disciplined one */
export async function startHandWrittenWorker(
  url: string,
  mistake: Mistake | 'none' = 'none',
  keepsRecords = true,
): Promise<HandWrittenWorker> {
  const makes = (one: Mistake) => one === mistake;
  const nats = await connect({ servers: url });
  const streams = jetstream(nats);
  const manager = await jetstreamManager(nats);
  const charged = new Map<string, string>();
  const inHand = new Set<Promise<void>>();
  /** Works in parallel only while nobody else does. */
  let shared = '';

  async function bodyOf(message: JsMsg): Promise<Uint8Array> {
    const reference = message.headers?.get('X-Body-Ref');
    if (!reference || makes('fetches-large-bodies')) return message.data;
    const [bucket = '', name = ''] = reference.split('/');
    const { Objm } = await import('@nats-io/obj');
    return (await (await new Objm(nats).open(bucket)).getBlob(name)) ?? message.data;
  }

  async function charge(request: Fields, key: string): Promise<Fields> {
    const { correlation_id, router_data } = request as { correlation_id: string; router_data: Fields };
    shared = correlation_id;
    await new Promise((resolve) =>
      setTimeout(
        resolve,
        makes('drains-on-sigterm') && inHand.size > MANY_IN_HAND ? LONG_PROCESSOR_MS : PROCESSOR_MS,
      ),
    );
    const asked = router_data.request as Fields & { amount: { minor_amount: number } };
    const correlationId = makes('works-in-parallel')
      ? shared
      : makes('names-its-request')
        ? 'of another request'
        : correlation_id;
    if (makes('ignores-unknown-fields') && Object.keys(asked).some((name) => !KNOWN_FIELDS.has(name)))
      return failure('UNKNOWN_FIELD', 'What is that?', correlationId);
    if (asked.amount.minor_amount <= 0)
      return makes('explains-failures')
        ? { status: 'failure', correlation_id: correlationId }
        : failure('invalid_amount', 'The amount must be above 0', correlationId);
    const again = makes('has-one-effect') ? undefined : charged.get(key);
    const id = again ?? `txn_${charged.size + 1}_${Date.now()}`;
    charged.set(key, id);
    return {
      status: makes('speaks-the-status') ? 'approved' : 'success',
      transaction_id: id,
      correlation_id: correlationId,
      amount_captured: makes('well-formed-answers') ? '12.50' : asked.amount.minor_amount,
    };
  }

  async function handle(message: JsMsg): Promise<void> {
    const header = (name: string) => message.headers?.get(name) ?? '';
    const replyTo = header('X-Reply-To');
    let request: ReturnType<typeof parseRequest>;
    try {
      const type = makes('reads-message-pack') ? undefined : header('Content-Type');
      request = parseRequest(decodeBody(await bodyOf(message), type));
    } catch {
      if (makes('refuses-malformed')) return message.nak(50);
      refuse(message, 'VALIDATION_ERROR');
      return message.term();
    }
    const key = header('X-Idempotency-Key');
    const isExpired = Number(header('X-Deadline')) <= Date.now() && !makes('lets-expired-pass');
    if (!keepsRecords) {
      if (isExpired) return message.ack();
      const answer = await charge(request, key);
      if (makes('acknowledges-last')) message.ack();
      const subject = makes('answers-where-asked') ? `${replyTo}x` : replyTo;
      await streams.publish(subject, encodeBody(answer));
      return message.ack();
    }
    return underRecord(message, request, replyTo, isExpired, key);
  }

  async function underRecord(
    message: JsMsg,
    request: ReturnType<typeof parseRequest>,
    subject: string,
    isExpired: boolean,
    key: string,
  ): Promise<void> {
    const fingerprint = fingerprintOf(request.router_data);
    const correlationId = message.headers?.get('X-Correlation-Id') ?? '';
    const last = await lastRecord(subject);
    const state = last?.header('X-Record') ?? 'none';
    if (
      last !== undefined &&
      last.header('X-Fingerprint') !== fingerprint &&
      !makes('refuses-other-content')
    ) {
      refuse(message, 'CONFLICT');
      return message.term();
    }
    if (state === 'answered' && last !== undefined) {
      const named = makes('repeats-recorded-answers') ? last.header('X-Correlation-Id') : correlationId;
      const about = recordHeaders({ state: 'answered', fingerprint, retry: 0, correlationId: named });
      await write(subject, last.body, about, last.seq);
      return message.ack();
    }
    if (state === 'withdrawn' && !makes('leaves-the-withdrawn')) return message.ack();
    const leaseUntil = Number(last?.header('X-Lease-Until') ?? 0);
    if (state === 'claimed' && leaseUntil > Date.now())
      return message.nak(makes('keeps-out-of-leases') ? undefined : leaseUntil - Date.now());
    if (isExpired && state !== 'claimed') return message.ack();
    const attempt = state === 'claimed' ? Number(last?.header('X-Attempt') ?? 0) + 1 : 1;
    const claim = { fingerprint, retry: 0, correlationId, by: 'by hand', attempt } as const;
    const claimSeq = await write(
      subject,
      new Uint8Array(),
      recordHeaders({ ...claim, state: 'claimed', leaseUntil: Date.now() + 30_000 }),
      last?.seq ?? 0,
    );
    const answer = encodeBody(await charge(request, key));
    await write(subject, answer, recordHeaders({ ...claim, state: 'answered' }), claimSeq);
    message.ack();
  }

  async function lastRecord(subject: string): Promise<Record_ | undefined> {
    const found = await manager.streams.getMessage(STREAM, { last_by_subj: subject }).catch(() => null);
    if (found === null) return undefined;
    return { seq: found.seq, body: found.data, header: (name) => found.header.get(name) };
  }

  async function write(subject: string, body: Uint8Array, about: Fields, expected: number): Promise<number> {
    const headers = natsHeaders();
    for (const [name, value] of Object.entries(about)) headers.set(name, String(value));
    const { seq } = await streams.publish(subject, body, {
      headers,
      expect: { lastSubjectSequence: expected },
    });
    return seq;
  }

  /** To the message's own reply subject, as `respond` does. */
  function refuse(message: JsMsg, code: string): void {
    const { reply } = message as JsMsg & { readonly reply: string };
    const correlationId = message.headers?.get('X-Correlation-Id') ?? '';
    const headers = natsHeaders();
    if (!makes('refuses-in-words')) headers.set('X-Refusal', '1');
    nats.publish(reply, encodeBody(failure(code, 'It was not carried out', correlationId)), { headers });
  }

  nats.subscribe(`hyperswitch.workers.${keepsRecords ? 'guarded' : 'alive'}.${OPERATION}`, {
    callback: (_, message) => void message.respond(),
  });
  announce();
  const consumer = await streams.consumers.get('PAYMENTS', `hyperswitch-consumer-${OPERATION}`);
  const messages = await consumer.consume({ max_messages: 64 });
  const taking = (async () => {
    for await (const message of messages) {
      const handled = handle(message).catch((error: unknown) => console.error(error));
      inHand.add(handled);
      void handled.finally(() => inHand.delete(handled));
    }
  })();

  /** A micro service (ADR-32) says which encodings it reads. */
  function announce(): void {
    const said = {
      type: 'io.nats.micro.v1.stats_response',
      name: 'by-hand',
      id: 'by-hand',
      version: '1.0.0',
      metadata: { encodings: 'application/json,application/msgpack' },
      endpoints: [{ name: OPERATION }],
    };
    nats.subscribe('$SRV.STATS', {
      callback: (_, message) => void message.respond(JSON.stringify(said)),
    });
  }

  return {
    async stop() {
      await messages.close();
      await taking;
      await Promise.all(inHand);
      await nats.drain();
    },
  };
}

function failure(code: string, message: string, correlation_id: string): Fields {
  return { status: 'failure', error: { code, message }, correlation_id };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [url = '', mistake = 'none'] = process.argv.slice(2);
  const worker = await startHandWrittenWorker(url, mistake as Mistake | 'none');
  process.once('SIGTERM', () => {
    if (mistake === 'drains-on-sigterm') process.exit(0);
    void worker.stop();
  });
  console.log('started');
}
