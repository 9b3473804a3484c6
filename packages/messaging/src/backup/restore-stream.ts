/** Gives the server a stream back that it had saved (`$JS.API.STREAM.RESTORE`): every message under its own sequence and time. */
import { type ApiError, JetStreamApiError, type StreamConfig } from '@nats-io/jetstream';
import type { Connection } from '../connection/connection.js';
import { withFewerReplicas } from '../topology/fewer-replicas.js';
import { askJetStream } from './ask-jetstream.js';
import type { SavedStream } from './save-stream.js';

const PART_MS = 60_000;
/** It reads all of it before it says that it is done. */
const LAST_MS = 600_000;

/**
 * There must be no stream of its name. Takes fewer replicas where the cluster has fewer servers.
 * @param read the archive from its beginning, in parts that a message can carry
 * @returns what is not as it was and why, such as fewer replicas, or messages that did not come back
 * @throws JetStreamApiError with what the server says, when the name is taken or the archive is broken;
 * PermissionDeniedError
 */
export async function restoreStream(
  connection: Connection,
  { config, state }: SavedStream,
  read: () => AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<readonly string[]> {
  const nats = await connection.get();
  let back = state.messages;
  const { notes } = await withFewerReplicas<StreamConfig>(config, async (attempt) => {
    const { deliver_subject } = await askJetStream<{ readonly deliver_subject: string }>(
      connection,
      `STREAM.RESTORE.${config.name}`,
      { config: attempt, state },
    );
    for await (const part of read()) {
      const { data } = await nats.request(deliver_subject, part, { timeout: PART_MS });
      if (data.length > 0) assertTaken(data);
    }
    const done = await nats.request(deliver_subject, undefined, { timeout: LAST_MS });
    back = messagesIn(done.data);
    return config;
  });
  const gone = state.messages - back;
  return gone <= 0
    ? notes
    : [
        ...notes,
        `${gone} of ${state.messages} messages did not come back: the server drops what is older than the stream's max_age, and requests whose own time (Nats-TTL) is over. What only they knew is not known any more: ask the processor before anything is repeated`,
      ];
}

/** The server's answer to the last part is what the stream is by then. @throws JetStreamApiError */
function messagesIn(data: Uint8Array): number {
  assertTaken(data);
  const { state } = JSON.parse(Buffer.from(data).toString()) as {
    readonly state: { readonly messages: number };
  };
  return state.messages;
}

/** `restore failed: … (10074)` hides why under an error of its own (nats-server). */
const WHY = /\((\d{5})\)$/;

/** @throws JetStreamApiError */
function assertTaken(data: Uint8Array): void {
  const { error } = JSON.parse(Buffer.from(data).toString()) as { readonly error?: ApiError };
  if (error === undefined) return;
  const [, why] = WHY.exec(error.description) ?? [];
  throw new JetStreamApiError(why === undefined ? error : { ...error, err_code: Number(why) });
}
