/** Answers the requests of JetStream's API that the product makes. */
import type { Broker } from './broker.js';
import { matches } from './matches.js';
import type { ConsumerConfig } from './pull-consumer.js';
import type { Stored, Stream, StreamConfig } from './stream.js';
import { NOTHING, wireHeaders } from './wire-message.js';

export type ApiAnswer = { readonly data: Uint8Array; readonly headers?: Uint8Array };

const PREFIX = '$JS.API.';
const NO_STREAM = { code: 404, err_code: 10059, description: 'stream not found' };
const NO_CONSUMER = { code: 404, err_code: 10014, description: 'consumer not found' };
const NO_MESSAGE = { code: 404, err_code: 10037, description: 'no message found' };

/** One answer, or for a batch (ADR-31) a message each and the end of it. */
export function answerApi(broker: Broker, subject: string, data: Uint8Array): readonly ApiAnswer[] {
  const tokens = subject.slice(PREFIX.length).split('.');
  const body = data.length > 0 ? JSON.parse(Buffer.from(data).toString()) : {};
  const [first = '', second = '', third = '', fourth = ''] = tokens;
  if (first === 'DIRECT') {
    const stream = broker.streams.get(third);
    if (body.batch !== undefined) return batch(stream, body);
    const bySubject = tokens.slice(3).join('.') || body.last_by_subj;
    return [direct(stream, bySubject, body)];
  }
  return [json(answer(broker, `${first}.${second}`, tokens, body, third, fourth))];
}

function answer(
  broker: Broker,
  name: string,
  tokens: readonly string[],
  // biome-ignore lint/suspicious/noExplicitAny: the API's own JSON, of as many shapes as it has requests.
  body: any,
  third: string,
  fourth: string,
): object {
  const stream = broker.streams.get(name === 'STREAM.MSG' ? fourth : third);
  switch (name) {
    case 'STREAM.CREATE':
    case 'STREAM.UPDATE':
      return streamInfo(broker.makeStream(body as StreamConfig));
    case 'CONSUMER.CREATE':
    case 'CONSUMER.DURABLE': {
      const config = body.config as ConsumerConfig;
      return broker.makeConsumer(body.stream_name, config).info;
    }
  }
  if (stream === undefined) return { error: NO_STREAM };
  switch (name) {
    case 'STREAM.INFO':
      return streamInfo(stream);
    case 'STREAM.PURGE': {
      const gone = stream.purge(body.filter ?? '>', body.seq ?? Number.POSITIVE_INFINITY);
      broker.haveLeft(stream, gone);
      return { success: true, purged: gone.length };
    }
    case 'STREAM.MSG': {
      if (tokens[2] === 'DELETE') {
        if (!stream.delete(body.seq)) return { error: NO_MESSAGE };
        broker.haveLeft(stream, [body.seq]);
        return { success: true };
      }
      const found = body.seq === undefined ? stream.last(body.last_by_subj) : bySeq(stream, body);
      return found === undefined ? { error: NO_MESSAGE } : { message: messageJson(found) };
    }
    case 'CONSUMER.INFO':
      return broker.consumers.get(`${third} ${fourth}`)?.info ?? { error: NO_CONSUMER };
    case 'CONSUMER.LIST': {
      const consumers = [...broker.consumers.values()]
        .filter((consumer) => consumer.stream === stream)
        .map(({ info }) => info);
      const { length } = consumers;
      const type = 'io.nats.jetstream.api.v1.consumer_list_response';
      return { type, total: length, offset: 0, limit: 256, consumers };
    }
  }
  throw new Error(`the simulated broker has no ${tokens.join('.')}`);
}

function direct(stream: Stream | undefined, bySubject: string, body: BySeq): ApiAnswer {
  const found = bySubject ? stream?.last(bySubject) : stream && bySeq(stream, body);
  if (found === undefined) return { data: NOTHING, headers: wireHeaders({}, '404 Message Not Found') };
  return messageOf(found, stream?.config.name ?? '');
}

type BySeq = { readonly seq?: number; readonly next_by_subj?: string };

/** That message, or the next of a subject from there on. */
function bySeq(stream: Stream, { seq = 0, next_by_subj }: BySeq): Stored | undefined {
  if (next_by_subj === undefined) return stream.messages.get(seq);
  for (const message of stream.messages.values())
    if (message.seq >= seq && matches(next_by_subj, message.subject)) return message;
  return undefined;
}

function batch(
  stream: Stream | undefined,
  body: { readonly seq: number; readonly batch: number; readonly next_by_subj: string },
): readonly ApiAnswer[] {
  const found = [...(stream?.messages.values() ?? [])]
    .filter(({ seq, subject }) => seq >= body.seq && matches(body.next_by_subj, subject))
    .slice(0, body.batch);
  const end = { data: NOTHING, headers: wireHeaders({}, '204 EOB') };
  return [...found.map((message) => messageOf(message, stream?.config.name ?? '')), end];
}

function messageOf({ subject, seq, at, headers, data }: Stored, stream: string): ApiAnswer {
  return {
    data,
    headers: wireHeaders({
      ...headers,
      'Nats-Stream': stream,
      'Nats-Subject': subject,
      'Nats-Sequence': String(seq),
      'Nats-Time-Stamp': new Date(at).toISOString(),
    }),
  };
}

function messageJson({ subject, seq, at, headerBytes, data }: Stored): object {
  return {
    subject,
    seq,
    time: new Date(at).toISOString(),
    ...(headerBytes !== undefined && { hdrs: Buffer.from(headerBytes).toString('base64') }),
    ...(data.length > 0 && { data: Buffer.from(data).toString('base64') }),
  };
}

function streamInfo({ config, lastSeq, messages }: Stream): object {
  const [first_seq = lastSeq + 1] = messages.keys();
  return { config, created: new Date(0), state: { messages: messages.size, last_seq: lastSeq, first_seq } };
}

function json(value: object): ApiAnswer {
  return { data: Buffer.from(JSON.stringify(value)) };
}
