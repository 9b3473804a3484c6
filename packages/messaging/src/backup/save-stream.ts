/** Reads a whole stream out of the server, in the server's own format (`$JS.API.STREAM.SNAPSHOT`), as `nats stream backup` does. */
import type { StreamConfig, StreamState } from '@nats-io/jetstream';
import { createInbox } from '@nats-io/nats-core';
import type { Connection } from '../connection/connection.js';
import { askJetStream } from './ask-jetstream.js';

/** What the server says of a stream that it saves, and wants to hear when it restores it. */
export type SavedStream = {
  readonly config: StreamConfig;
  /** When the reading began; what came meanwhile may be in it. */
  readonly state: StreamState;
};

export type SaveOptions = {
  /** Takes the next part of the archive; no more than a few parts come before it is done. */
  write(part: Uint8Array): Promise<unknown>;
  /** With its durable consumers and how far they have come. Default false. */
  readonly withConsumers?: boolean;
};

/** In bytes, unless the server's messages are smaller. */
const PART_BYTES = 131_072;
const SILENCE_MS = 60_000;
/** A status of 400 and above ends a snapshot that failed. */
const FAILED = 400;

/**
 * @throws JetStreamApiError when there is no such stream; PermissionDeniedError; Error when the server gives up, or
 * falls silent for a minute: then what was written is no archive
 */
export async function saveStream(
  connection: Connection,
  stream: string,
  { write, withConsumers = false }: SaveOptions,
): Promise<SavedStream> {
  const nats = await connection.get();
  const inbox = createInbox(connection.inboxPrefix);
  const parts = nats.subscribe(inbox);
  const silence = setTimeout(() => parts.unsubscribe(), SILENCE_MS);
  try {
    const { config, state } = await askJetStream<SavedStream>(connection, `STREAM.SNAPSHOT.${stream}`, {
      deliver_subject: inbox,
      no_consumers: !withConsumers,
      chunk_size: Math.min(PART_BYTES, nats.info?.max_payload ?? PART_BYTES),
    });
    for await (const part of parts) {
      silence.refresh();
      if (part.data.length > 0) {
        await write(part.data);
        part.respond(); // the next ones are sent when these have come
        continue;
      }
      const { code = 0, description = '' } = part.headers ?? {};
      if (code >= FAILED) throw new Error(`${stream} could not be saved: ${code} ${description}`);
      return { config, state };
    }
    throw new Error(`${stream} could not be saved: the server fell silent for ${SILENCE_MS / 1_000} s`);
  } finally {
    clearTimeout(silence);
    parts.unsubscribe();
  }
}
